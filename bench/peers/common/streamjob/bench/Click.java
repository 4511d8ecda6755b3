package streamjob.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The fields of a click that the pipeline uses; the streaming parser skips the others. */
public final class Click {
    private static final JsonFactory JSON = new JsonFactory();

    public String userId;
    public long durationMs;
    public long ts;

    public Click() {}

    static Click parse(byte[] document) {
        Click click = new Click();
        try (JsonParser parser = JSON.createParser(document)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "userId" -> click.userId = parser.getText();
                    case "durationMs" -> click.durationMs = parser.getLongValue();
                    case "ts" -> click.ts = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return click;
    }
}
