package ai.konko.store.postgres;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.StringEntry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The SQL that the store's compiled classes have in them, as far as it names tables. */
final class SqlConstants {
    /** Where something is put into a text, by {@code formatted}, by replacing or by joining. */
    private static final Pattern GAP = Pattern.compile("%(?:\\d+\\$)?[sd]|(?<!:):[a-z]+|\u0001");

    private SqlConstants() {}

    /** What stands between the gaps, with single spaces. */
    static List<String> of(Package store, Set<String> tables) throws Exception {
        Pattern sql =
                Pattern.compile(
                        "(?i)\\b(?:from|join|into|update)\\s+(?:"
                                + String.join("|", tables)
                                + ")\\b");
        List<String> found = new ArrayList<>();
        try (Stream<Path> classes = Files.list(folder(store))) {
            for (Path each : classes.filter(file -> file.toString().endsWith(".class")).toList()) {
                constants(each)
                        .flatMap(GAP::splitAsStream)
                        .filter(text -> sql.matcher(text).find())
                        .map(SqlConstants::withSingleSpaces)
                        .forEach(found::add);
            }
        }
        return found;
    }

    private static Path folder(Package store) throws URISyntaxException {
        return Path.of(Session.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .resolve(store.getName().replace('.', '/'));
    }

    private static Stream<String> constants(Path file) throws IOException {
        return StreamSupport.stream(ClassFile.of().parse(file).constantPool().spliterator(), false)
                .filter(StringEntry.class::isInstance)
                .map(entry -> ((StringEntry) entry).stringValue());
    }

    static String withSingleSpaces(String sql) {
        return sql.strip().replaceAll("\\s+", " ");
    }
}
