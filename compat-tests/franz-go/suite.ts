import { goSuite } from '../go';

/** franz-go, pinned in go.mod; the cases stand in main.go. */
export const franzGoSuite = goSuite('franz-go', 180_000);
