package streamjob.bench;

import java.util.HashMap;
import java.util.Map;

/** The command line of a peer: {@code --name=value}. Every flag that is asked for must be there. */
final class Flags {
    private final Map<String, String> values = new HashMap<>();

    Flags(String[] args) {
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (!arg.startsWith("--") || equals < 0) throw new IllegalArgumentException("flags are --name=value, not " + arg);
            values.put(arg.substring(2, equals), arg.substring(equals + 1));
        }
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) throw new IllegalArgumentException("--" + name + "=… is missing");
        return value;
    }

    long number(String name) {
        return Long.parseLong(text(name));
    }

    boolean is(String name, String value) {
        return text(name).equals(value);
    }
}
