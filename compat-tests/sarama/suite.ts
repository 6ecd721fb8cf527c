import { goSuite } from '../go';

/** sarama, pinned in go.mod; the cases stand in main.go. */
export const saramaSuite = goSuite('sarama', 180_000);
