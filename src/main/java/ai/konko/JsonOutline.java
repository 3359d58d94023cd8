package ai.konko;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object in its own bytes, of which only the places of its members are known. So a few of
 * them can be read and changed, and all others stay to the letter, whatever they are.
 */
public final class JsonOutline {
    /**
     * How many names, values and brackets a client's JSON may have. Each takes some 50 bytes of the
     * heap, also if it is one byte of the body. A body that is long because it has an image in it
     * has few of them; a body of a megabyte can't have more.
     */
    public static final long MOST_TOKENS = 1 << 20;

    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxTokenCount(MOST_TOKENS).build())
                    .disable(JsonFactory.Feature.CHARSET_DETECTION) // nothing but UTF-8
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES) // which clients choose
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build();

    private static final ObjectMapper VALUES = new ObjectMapper();
    private static final byte[] COMMA = {','};

    /** For what is added. */
    private static final int ROOM = 128;

    private final byte[] bytes;
    private final Map<String, Member> members;

    /**
     * @param from where the name begins, with its quote
     * @param value where the value begins
     * @param to behind the value
     */
    private record Member(int from, int value, int to) {}

    private JsonOutline(byte[] bytes, Map<String, Member> members) {
        this.bytes = bytes;
        this.members = members;
    }

    /**
     * @param utf8 is kept, and must not change any more
     * @return null if it is a JSON text, but no object
     * @throws JsonProcessingException if it is none, has more than {@link #MOST_TOKENS}, or an
     *     object in it has a name twice
     */
    public static @Nullable JsonOutline of(byte[] utf8) throws JsonProcessingException {
        try (JsonParser json = JSON.createParser(utf8)) {
            JsonToken first = json.nextToken();
            if (first == null) {
                throw new JsonParseException(json, "there is nothing");
            }
            Map<String, Member> members = new LinkedHashMap<>();
            if (first == JsonToken.START_OBJECT) {
                read(json, utf8, members);
            } else {
                json.skipChildren();
            }
            if (json.nextToken() != null) {
                throw new JsonParseException(json, "something follows");
            }
            return first == JsonToken.START_OBJECT ? new JsonOutline(utf8, members) : null;
        } catch (JsonProcessingException malformed) {
            throw malformed;
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private static void read(JsonParser json, byte[] bytes, Map<String, Member> members)
            throws IOException {
        JsonToken next = json.nextToken();
        while (next == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            int from = offset(json);
            json.nextToken();
            int value = offset(json);
            json.skipChildren();
            next = json.nextToken();
            members.put(name, new Member(from, value, endBefore(offset(json), bytes)));
        }
    }

    private static int offset(JsonParser json) {
        return (int) json.currentTokenLocation().getByteOffset();
    }

    /** The end of the value before the name, or the closing brace, that begins there. */
    private static int endBefore(int next, byte[] bytes) {
        int end = next;
        while (bytes[end - 1] <= ' ' && bytes[end - 1] >= 0) {
            end--;
        }
        if (bytes[end - 1] == ',') {
            end--;
        }
        while (bytes[end - 1] <= ' ' && bytes[end - 1] >= 0) {
            end--;
        }
        return end;
    }

    /** The whole object's, in UTF-8; not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    /**
     * @return the member's value; a missing node if there is none, or null
     */
    public JsonNode get(String name) {
        Member member = members.get(name);
        if (member == null) {
            return MissingNode.getInstance();
        }
        try {
            JsonNode value = VALUES.readTree(bytes, member.value(), member.to() - member.value());
            return value.isNull() ? MissingNode.getInstance() : value;
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /**
     * @return whether there is a member of that name that is not null
     */
    public boolean has(String name) {
        Member member = members.get(name);
        return member != null && bytes[member.value()] != 'n';
    }

    /** The names of all members, null ones too. */
    public Set<String> names() {
        return Collections.unmodifiableSet(members.keySet());
    }

    /** Begins to change it; this outline stays as it is. */
    public Changes changes() {
        return new Changes();
    }

    @Override
    public String toString() {
        return "JsonOutline[bytes=" + bytes.length + "]";
    }

    /** What is to be different in the bytes that are made of the outline. */
    public final class Changes {
        private final Map<String, Object> values = new LinkedHashMap<>();
        private final Map<String, @Nullable String> names = new LinkedHashMap<>();

        private Changes() {}

        /** Gives the member another value, or adds it. */
        public Changes set(String name, Object value) {
            values.put(name, value);
            return this;
        }

        /** Removes the member, if there is one. */
        public Changes remove(String name) {
            if (members.containsKey(name)) {
                names.put(name, null);
            }
            return this;
        }

        /** Gives the member another name, which no other has. */
        public Changes rename(String name, String other) {
            names.put(name, other);
            return this;
        }

        /**
         * @return the object's bytes; the given ones if nothing was to change
         */
        public byte[] bytes() {
            return values.isEmpty() && names.isEmpty() ? bytes : changed();
        }

        private byte[] changed() {
            ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + ROOM);
            int end = members.isEmpty() ? opened() : first().from();
            out.write(bytes, 0, end);
            boolean any = false;
            boolean kept = false;
            for (Map.Entry<String, Member> each : members.entrySet()) {
                Member member = each.getValue();
                String name = names.getOrDefault(each.getKey(), each.getKey());
                if (name != null && any) {
                    out.write(kept ? bytes : COMMA, kept ? end : 0, kept ? member.from() - end : 1);
                }
                kept = name != null;
                if (name != null) {
                    write(name, each.getKey(), member, out);
                    any = true;
                }
                end = member.to();
            }
            for (Map.Entry<String, Object> each : values.entrySet()) {
                if (!members.containsKey(each.getKey())) {
                    out.write(COMMA, 0, any ? 1 : 0);
                    add(written(each.getKey()), out);
                    out.write(':');
                    add(written(each.getValue()), out);
                    any = true;
                }
            }
            out.write(bytes, end, bytes.length - end);
            return out.toByteArray();
        }

        private void write(String name, String before, Member member, ByteArrayOutputStream out) {
            Object value = values.get(before);
            if (name.equals(before)) {
                out.write(bytes, member.from(), member.value() - member.from());
            } else {
                add(written(name), out);
                out.write(':');
            }
            if (value == null) {
                out.write(bytes, member.value(), member.to() - member.value());
            } else {
                add(written(value), out);
            }
        }
    }

    private Member first() {
        return members.values().iterator().next();
    }

    /** Where an empty object's brace has opened. */
    private int opened() {
        int at = 0;
        while (bytes[at] != '{') {
            at++;
        }
        return at + 1;
    }

    private static void add(byte[] some, ByteArrayOutputStream out) {
        out.write(some, 0, some.length);
    }

    private static byte[] written(Object value) {
        try {
            return VALUES.writeValueAsBytes(value);
        } catch (JsonProcessingException unwritable) {
            throw new IllegalArgumentException("no JSON can be made of it", unwritable);
        }
    }
}
