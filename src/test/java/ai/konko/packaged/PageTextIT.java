package ai.konko.packaged;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.fake.FakeModel.Reply;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.assertions.LocatorAssertions;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a reply's text becomes on the page. */
class PageTextIT extends OnThePage {
    /** A picture of one point. */
    private static final String DOT =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private static final LocatorAssertions.ContainsTextOptions IN_ITS_TIME =
            new LocatorAssertions.ContainsTextOptions().setTimeout(30_000);

    /** In a chat of all of them, so that none holds up another. */
    @Test
    void textThatIsHardToRead_isShown_andTheRestIsMarkdown() {
        String chat = client.chat();
        List<String> texts = hard().toList();
        for (String text : texts) {
            model.answer(_ -> Reply.text(text + "needle").deltas(List.of(text + "needle")));
            client.say(chat, "Go on!");
        }
        open("/#" + chat);
        Locator replies = log().locator("article.reply");
        assertThat(replies).hasCount(texts.size());

        model.answer(_ -> Reply.text("The **last** one."));
        say("And now?");

        assertThat(replies.last().locator("strong")).containsText("last", IN_ITS_TIME);
        for (int i = 0; i < texts.size(); i++) {
            assertThat(replies.nth(i)).containsText("needle", IN_ITS_TIME);
        }
    }

    @Test
    void questionWithAPileOfAccents_isShownInSmallerOnes() {
        String chat = client.chat();
        client.say(chat, "e" + "\u0301".repeat(30_000) + "needle");

        open("/#" + chat);

        Locator question = log().locator("article.question .text");
        assertThat(question).containsText("needle", IN_ITS_TIME);
        assertThat(question.textContent()).doesNotContainPattern("\u0301{201}");
    }

    @Test
    void imageAndFileOfAMessage_areShownAndSaved() throws Exception {
        String chat = client.chat();
        model.answer(_ -> Reply.text("A dot."));
        client.post(
                chat + "/messages",
                """
                {"content": [{"type": "text", "text": "What is this?"},
                             {"type": "image", "mediaType": "image/png", "data": "%s"},
                             {"type": "file", "mediaType": "text/plain", "name": "a note.txt", "data": "bm90ZQ=="}]}
                """
                        .formatted(DOT));

        open("/#" + chat);

        Locator question = log().locator("article.question");
        assertThat(question.getByAltText("Image")).hasJSProperty("naturalWidth", 1);
        Download saved =
                page.waitForDownload(() -> question.getByText("a note.txt").last().click());
        assertThat(saved.suggestedFilename()).isEqualTo("a note.txt");
        assertThat(Files.readString(saved.path())).isEqualTo("note");
    }

    private static Stream<String> hard() {
        return Stream.of(
                ">".repeat(3_000) + " ",
                "> ".repeat(40) + "\n> a\n".repeat(300),
                "*a ".repeat(30_000),
                "*".repeat(100_000),
                "_a __b ".repeat(8_000),
                "~~a ".repeat(10_000),
                nested(500) + "\n",
                "[".repeat(50_000),
                "![".repeat(20_000),
                "[a](".repeat(20_000),
                "|a|b|\n|-|-|\n" + "|1|2|\n".repeat(20_000) + "\n",
                "<b>".repeat(10_000),
                "<details>".repeat(3_000),
                "<b><i><u>\n\n" + "a\n\n".repeat(5_000),
                "---\n\n".repeat(30_000),
                "\\[a\n".repeat(10_000),
                "*\\(a* ".repeat(3_000),
                "```js\n" + "a(b[c{".repeat(20_000) + "\n",
                "e" + "\u0301".repeat(50_000) + " ",
                "\u202e\u0001\u001b[31m ",
                "word".repeat(50_000) + " ");
    }

    private static String nested(int depth) {
        StringBuilder list = new StringBuilder();
        for (int i = 0; i < depth; i++) {
            list.append("  ".repeat(i)).append("- a\n");
        }
        return list.toString();
    }

    /** The worker never gets to the one, and is as good as stuck. */
    @Test
    void textThatTakesTooLong_isShownAsItIs_andTheOthersByANewWorker() {
        page.addInitScript(
                """
                const Real = Worker;
                window.Worker = class extends Real {
                  postMessage(job) { if (!job.text?.includes('stuck')) super.postMessage(job); }
                };
                """);
        String chat = client.chat();
        for (String text : List.of("The **first** one.", "The **stuck** one.", "The **third**.")) {
            model.answer(_ -> Reply.text(text));
            client.say(chat, "Go on!");
        }

        open("/#" + chat);

        Locator replies = log().locator("article.reply");
        assertThat(replies.nth(1)).containsText("The **stuck** one.", IN_ITS_TIME);
        assertThat(replies.nth(0).locator("strong")).containsText("first", IN_ITS_TIME);
        assertThat(replies.nth(2).locator("strong")).containsText("third", IN_ITS_TIME);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "constructor() { throw new DOMException('none here', 'SecurityError'); }",
                "postMessage() { setTimeout(() => this.onerror(new Event('error'))); } terminate() {}",
                "postMessage() { this.onmessage({ data: { broken: true } }); } terminate() {}",
                "postMessage() { } terminate() {}" // and never a word
            })
    void withoutAWorker_textIsShownAsItIs(String worker) {
        page.addInitScript("window.Worker = class { " + worker + " };");
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("One **two**\n\n- three").gateAt(2, gate));
        open("/");
        say("Count!");
        assertThat(log().locator("konko-markdown")).containsText("One");

        gate.complete(null);

        assertThat(log().locator("konko-markdown")).hasText("One **two** - three");
        assertThat(log().locator("konko-markdown strong")).hasCount(0);
    }

    @Test
    void textThatIsWritten_changesAtItsEndOnly() {
        String begin = "A *word*.\n\n```java\nclass A {}\n```\n\nThe en";
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text(begin + "d.").deltas(List.of(begin, "d.")).gateAt(1, gate));
        open("/");
        say("Write!");
        Locator text = log().locator("konko-markdown");
        assertThat(text.locator(".hljs-keyword")).hasText("class");
        text.evaluate(
                "it => [...it.querySelectorAll('p:has(em), .code, span')].forEach(each => each.old = true)");

        gate.complete(null);

        assertThat(text).containsText("The end.");
        assertThat(
                        text.evaluate(
                                "it => [...it.querySelectorAll('p:has(em), .code, span')].every(each => each.old)"))
                .isEqualTo(true);
    }

    @ParameterizedTest
    @MethodSource("latex")
    void latex_losesNoSign(String text) {
        model.answer(_ -> Reply.text(text + "\n\nThe end."));
        open("/");
        say("Prove it!");

        assertThat(log()).containsText("The end.");

        assertThat(log().locator("konko-markdown").innerText()).startsWith(text);
    }

    private static Stream<String> latex() {
        return Stream.of(
                "The area is \\(x_i\\), not \\(a*b\\) or \\(c*d\\).",
                "Then $$\\int_0^1 x\\,dx$$ and $a_1*b_1$ and $c*d$.",
                "\\[\na\n=\n\\{b\\} \\\\\n- c \\\\[2pt]\n\\]",
                "$$\n\\begin{cases} a & b < c \\\\\n\\end{cases}\n$$",
                "\\begin{align*}\na &= \\{b\\} \\\\\n&= c\n\\end{align*}",
                "\\(a &amp; <b>b</b>\\)");
    }

    @Test
    void besideLatex_markdownIsWhatItWas() {
        model.answer(
                _ ->
                        Reply.text(
                                """
                                \\*no emphasis\\* \\[no link\\](here) \\_ \\\\ \\# 1\\. \\(some words\\) costs $5 and $6, **$7**,
                                `\\(x\\)` and **\\(y\\)**

                                ```
                                \\[ $$a$$ \\]
                                ```
                                """));
        open("/");
        say("Escape!");

        Locator text = log().locator("konko-markdown");
        assertThat(text)
                .containsText(
                        "*no emphasis* [no link](here) _ \\ # 1. (some words) costs $5 and $6, $7,");
        assertThat(text.locator("p code")).hasText("\\(x\\)");
        assertThat(text.locator("strong")).hasText(new String[] {"$7", "\\(y\\)"});
        assertThat(text.locator("pre")).hasText("\\[ $$a$$ \\]");
    }
}
