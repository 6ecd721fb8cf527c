import java.io.BufferedReader;
import java.io.FileReader;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * What Apache's own classes say about request frames: one frame in hex per line in, the same line behind T (taken) or F
 * (refused) out. Run as it stands: java -cp kafka-clients.jar:slf4j-api.jar tests/fuzz/Verdicts.java frames.txt
 */
public class Verdicts {
    public static void main(String[] arguments) throws Exception {
        StringBuilder out = new StringBuilder();
        try (BufferedReader frames = new BufferedReader(new FileReader(arguments[0]))) {
            for (String line = frames.readLine(); line != null; line = frames.readLine()) {
                out.append(isTaken(HexFormat.of().parseHex(line)) ? "T " : "F ").append(line).append('\n');
                if (out.length() > 1_000_000) {
                    System.out.print(out);
                    out.setLength(0);
                }
            }
        }
        System.out.print(out);
    }

    /** As a broker does it: ApiVersions of an unknown version is answered without a look at its body. */
    private static boolean isTaken(byte[] frame) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(frame);
            ApiKeys key = ApiKeys.forId(buffer.getShort(0));
            short version = buffer.getShort(2);
            RequestHeader header = RequestHeader.parse(buffer);
            if (!key.isVersionSupported(version)) return key == ApiKeys.API_VERSIONS;
            AbstractRequest.parseRequest(header.apiKey(), header.apiVersion(), new ByteBufferAccessor(buffer));
            return true;
        } catch (RuntimeException refused) {
            return false;
        }
    }
}
