package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.SearchText;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The search treats letters alike in a database of any locale, and in memory. */
class SearchLocalesTest {
    private static final List<String> TEXTS =
            List.of(
                    "INBOX title ÄÖÜ",
                    "İstanbul ISI ılık",
                    "i̇zmir I\u0307ZMIR",
                    "Re\u0301sume\u0301 RÉSUMÉ",
                    "ΟΔΟΣ οδός ΜΈΓΑΣ",
                    "STRAẞE straße",
                    "ЁЛКА Ⴀ ǅ Å K",
                    "한글 \u1112\u1161\u11AB",
                    "plain ASCII only");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "template template0 locale_provider libc locale 'C'",
                "template template0 locale_provider icu icu_locale 'tr-TR' locale 'C'",
                "template template0 locale_provider icu icu_locale 'lt' locale 'C'"
            })
    void database_ofAnyLocale_foldsAsMemoryDoes(String options) {
        try (TestLog log = TestLog.on(TestPostgres.newDatabase("locales", options))) {
            for (String each : TEXTS) {
                assertThat(folded(log, each)).isEqualTo(SearchText.folded(each));
                UUID chat = log.chat("x " + each + " x");
                UUID found = log.search(SearchText.folded(each)).getFirst();
                assertThat(found).isEqualTo(chat);
            }
            assertThat(log.search("inbox TITLE")).hasSize(1);
        }
    }

    /** All letters, except those that have a case only in Java or only in PostgreSQL. */
    @ParameterizedTest
    @ValueSource(strings = {"", "template template0 locale_provider libc locale 'C'"})
    void letters_areTheSameAsInMemory(String options) {
        try (TestLog log = TestLog.on(TestPostgres.newDatabase("locales", options))) {
            List<String> different = new ArrayList<>();
            StringBuilder all = new StringBuilder();
            for (int letter = 1; letter < 0x2E00; letter++) {
                if (Character.isLetter(letter)) {
                    all.append(' ').appendCodePoint(letter);
                }
            }
            String[] ours = SearchText.folded(all.toString()).split(" ", -1);
            String[] theirs = folded(log, all.toString()).split(" ", -1);
            assertThat(theirs).hasSameSizeAs(ours);
            for (int i = 0; i < ours.length; i++) {
                if (!ours[i].equals(theirs[i])) {
                    different.add(ours[i] + " " + theirs[i]);
                }
            }
            assertThat(different).isEmpty();
        }
    }

    private static String folded(TestLog log, String text) {
        return log.database.statement(
                session ->
                        session.first("select konko_folded(?)", row -> row.getString(1), text)
                                .orElseThrow());
    }
}
