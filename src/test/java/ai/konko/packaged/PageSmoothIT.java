package ai.konko.packaged;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.fake.FakeModel.Reply;
import com.microsoft.playwright.Locator;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a reply costs a page with many messages; counts, not times. */
class PageSmoothIT extends OnThePage {
    private static final int MESSAGES = 60;
    private static final int DELTAS = 80;

    /** Each message that is rendered has its date formatted, at least once. */
    private static final String COUNTED =
            """
            window.formatted = 0;
            const getter = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format').get;
            Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
                configurable: true,
                get() { const own = getter.call(this); return date => { window.formatted++; return own(date); }; },
            });
            """;

    @Test
    void replyThatIsWritten_rendersNoMessageButItself() {
        String chat = client.chat();
        for (int i = 0; i < MESSAGES / 2; i++) {
            client.say(chat, "message " + i);
        }
        CompletableFuture<Void> gate = new CompletableFuture<>();
        List<String> pieces = Collections.nCopies(DELTAS, "word ");
        model.answer(_ -> Reply.text("").deltas(pieces).gateAt(DELTAS - 1, gate));
        context.addInitScript(COUNTED);
        open("/#" + chat);
        Locator articles = log().locator("article");
        assertThat(articles).hasCount(MESSAGES);
        int atFirst = formatted();
        assertThat(atFirst).as("it counts").isGreaterThanOrEqualTo(MESSAGES);

        say("and now?");
        assertThat(articles.last()).containsText("word ".repeat(DELTAS - 1).strip());

        assertThat(formatted() - atFirst).as("the question's alone").isLessThan(MESSAGES / 2);
        gate.complete(null);
        assertThat(articles.last().locator("time")).isVisible();
    }

    private int formatted() {
        return (int) page.evaluate("window.formatted");
    }
}
