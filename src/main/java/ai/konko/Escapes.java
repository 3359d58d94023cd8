package ai.konko;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Decodes the escapes of URLs: a percent sign and two hexadecimal digits stand for a byte of UTF-8.
 */
public final class Escapes {
    private static final int HEX = 16;

    private Escapes() {}

    /**
     * As browsers and curl do (WHATWG URL, 1.3): a percent sign that begins no escape stays as it
     * is, and so does a plus.
     */
    public static String decoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] given = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(given.length);
        for (int i = 0; i < given.length; i++) {
            boolean escape =
                    given[i] == '%' && digit(given, i + 1) >= 0 && digit(given, i + 2) >= 0;
            if (escape) {
                bytes.write(digit(given, i + 1) * HEX + digit(given, i + 2));
                i += 2;
            } else {
                bytes.write(given[i]);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static int digit(byte[] given, int at) {
        return at < given.length ? Character.digit((char) (given[at] & 0xFF), HEX) : -1;
    }
}
