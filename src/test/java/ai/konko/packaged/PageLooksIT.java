package ai.konko.packaged;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.INTEGER;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import ai.konko.fake.FakeModel.Reply;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the page looks, reads and scrolls. */
class PageLooksIT extends OnThePage {
    @Test
    void hostileMarkdown_isHarmless() {
        model.answer(
                _ ->
                        Reply.text(
                                """
                                <script>document.title = 'owned'</script>
                                <img src="https://elsewhere.example/x.png" onerror="document.title = 'owned'">
                                [click](javascript:document.title='owned')
                                ![pixel](https://elsewhere.example/pixel.png)
                                <a href="/q/x" onclick="document.title='owned'" style="position:fixed">here</a>
                                <iframe src="https://elsewhere.example"></iframe><form action="/x"><button>go</button></form>

                                ```java
                                class A { String s = "<script>"; }
                                ```
                                The end."""));
        open("/");
        say("Attack!");

        assertThat(log()).containsText("The end.");
        Locator reply = log().locator("article").last();
        assertThat(
                        reply.locator(
                                "script, img, iframe, form, [onclick], [onerror], [style], [href^=javascript]"))
                .hasCount(0);
        assertThat(reply).containsText("<script>document.title = 'owned'</script>"); // as text
        assertThat(reply.locator(".hljs-keyword")).hasText("class");
        assertThat(page).not().hasTitle("owned");
    }

    @Test
    void code_isCopied() {
        context.grantPermissions(List.of("clipboard-read", "clipboard-write"));
        model.answer(_ -> Reply.text("```sql\nselect 1;\n```"));
        open("/");
        say("SQL!");

        page.getByRole(AriaRole.BUTTON, named("Copy code")).click();

        assertThat(page.getByRole(AriaRole.BUTTON, named("Copied"))).isVisible();
        assertThat(page.evaluate("navigator.clipboard.readText()")).isEqualTo("select 1;\n");
    }

    private static final LocatorAssertions.HasCountOptions READ =
            new LocatorAssertions.HasCountOptions().setTimeout(60_000);

    @Test
    void manyMessages_scrollWithoutAJump_andOnlyThoseInSightAreDrawn() {
        String chat = client.chat();
        model.answer(
                call ->
                        Reply.text(
                                call.lastUser()
                                        + "\n\n```\ncode\n```"
                                                .repeat(call.lastUser().length() % 3)));
        for (int i = 1; i <= 250; i++) {
            client.say(chat, "message " + i);
        }
        open("/#" + chat);
        Locator articles = log().locator("article");
        assertThat(articles.last()).hasText(Pattern.compile("message 250.*"));
        assertThat(articles.last()).isInViewport();

        for (int there = 100; there < 500; there += 100) {
            log().evaluate("it => it.scrollTop = 0");
            assertThat(articles.nth(there + 99)).isAttached();
        }

        assertThat(articles).hasCount(500);
        assertThat(articles.nth(248)).hasText("message 125");
        assertThat(log().locator("konko-markdown:not(:has(> :not(.plain)))"))
                .hasCount(0, READ); // until Markdown is read, a text is as high as it is plain
        assertThat(page.evaluate(JUMPS)).asInstanceOf(LIST).isEmpty();
        assertThat(page.evaluate(DRAWN)).asInstanceOf(INTEGER).isBetween(3, 100);
        say("the last one"); // goes down to it
        assertThat(articles.last()).isInViewport();
    }

    /**
     * Scrolls up in steps from the middle, and looks how much farther than a step what is in sight
     * has moved, in pixels.
     */
    private static final String JUMPS =
            """
            (async () => {
              const log = document.querySelector('[role=log]');
              const frame = () => new Promise(requestAnimationFrame);
              const jumps = [];
              log.scrollTop = log.scrollHeight / 2;
              for (let before; before !== log.scrollTop + log.scrollHeight;) {
                before = log.scrollTop + log.scrollHeight;
                for (let drawn = 0; drawn < 3; drawn++) await frame();
              }
              for (let step = 0; step < 60; step++) {
                await frame();
                const middle = log.getBoundingClientRect().top + log.clientHeight / 2;
                const seen = [...log.querySelectorAll('article')].find(it => it.getBoundingClientRect().bottom > middle);
                const before = seen.getBoundingClientRect().top;
                log.scrollTop -= 90;
                await frame();
                await frame();
                const moved = seen.getBoundingClientRect().top - before;
                if (Math.abs(moved - 90) > 2) jumps.push(moved);
              }
              return jumps;
            })()
            """;

    private static final String DRAWN =
            """
            [...document.querySelectorAll('article')]
                .filter(it => it.firstElementChild.checkVisibility({ contentVisibilityAuto: true })).length
            """;

    @Test
    void whoScrolledUp_isNotPulledDown() {
        String chat = client.chat();
        for (int i = 1; i <= 20; i++) {
            client.say(chat, "message " + i);
        }
        open("/#" + chat);
        assertThat(log().locator("article").last()).isInViewport();
        log().hover();
        page.mouse().wheel(0, -700);
        assertThat(page.getByRole(AriaRole.BUTTON, named("Jump to the latest"))).isVisible();

        client.say(chat, "news");

        assertThat(log()).containsText("reply to: news");
        assertThat(log().locator("article").last()).not().isInViewport();
        page.getByRole(AriaRole.BUTTON, named("Jump to the latest")).click();
        assertThat(log().locator("article").last()).isInViewport();
    }

    @ParameterizedTest
    @ValueSource(ints = {1400, 360})
    void controls_haveTheirNames(int width) {
        use(new Browser.NewContextOptions().setViewportSize(width, 800));
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("a long reply").gateAt(1, gate));
        open("/");
        assertThat(log()).isVisible();
        if (width < 800) {
            page.getByRole(AriaRole.BUTTON, named("Show chats")).click();
        }
        assertThat(list()).isVisible();
        assertThat(page.getByRole(AriaRole.SEARCHBOX, named("Search chats"))).isVisible();
        page.keyboard().press("Control+k");
        assertThat(page.getByRole(AriaRole.SEARCHBOX, named("Search chats"))).isFocused();
        page.keyboard().press("Escape"); // closes the list where it lies over the page
        if (width < 800) {
            assertThat(list()).not().isVisible();
            page.getByRole(AriaRole.BUTTON, named("Show chats")).click();
        }
        page.getByRole(AriaRole.BUTTON, named("New chat")).click();
        message().fill("Hello!");
        page.getByRole(AriaRole.BUTTON, named("Send")).click();
        stopButton().click();
        assertThat(page.getByRole(AriaRole.BUTTON, named("Retry"))).isVisible();
        if (width < 800) {
            page.getByRole(AriaRole.BUTTON, named("Summary")).click();
        }
        assertThat(summary()).containsText("Messages");
        page.keyboard().press("Escape");
        page.getByRole(AriaRole.BUTTON, named("New chat")).click();
        assertThat(page.getByRole(AriaRole.HEADING, named("New chat"))).isVisible();
    }

    /** Colors go with the scheme and places with the width, so each is looked at once. */
    @ParameterizedTest
    @CsvSource({"LIGHT, 1400", "DARK, 360"})
    void page_isAccessible(ColorScheme scheme, int width) throws Exception {
        use(new Browser.NewContextOptions().setViewportSize(width, 800).setColorScheme(scheme));
        model.answer(_ -> Reply.text(ALL_SORTS));
        open("/");
        look("empty", scheme, width);
        say("Show me!");
        assertThat(log().locator(".hljs-string").first()).isVisible();
        look("reply", scheme, width);
        if (width < 1200) {
            page.getByRole(AriaRole.BUTTON, named("Summary")).click();
        } else {
            summary().getByRole(AriaRole.BUTTON, within("Find highlights")).click();
        }
        assertThat(summary()).containsText("Taken from the text");
        look("summary", scheme, width);
        if (width < 1200) {
            summary().getByRole(AriaRole.BUTTON, within("Close")).click();
        }
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("This goes on").gateAt(2, gate));
        say("Go on!");
        say("And then?");
        assertThat(log()).containsText("Waiting for its turn");
        look("waiting", scheme, width);
        context.setOffline(true);
        assertThat(page.getByText("Connection lost")).isVisible();
        look("lost", scheme, width);
        context.setOffline(false);
        model.answer(_ -> Reply.status(500, "{}", Map.of()));
        gate.complete(null);
        assertThat(log()).containsText("could not answer");
        look("failed", scheme, width);
        if (width < 800) {
            page.getByRole(AriaRole.BUTTON, named("Show chats")).click();
            assertThat(list()).isInViewport();
            look("menu", scheme, width);
        }
        list().getByRole(AriaRole.LISTITEM).first().hover();
        list().getByRole(AriaRole.BUTTON, within("Delete Show me!")).first().click();
        look("delete", scheme, width);
    }

    private static final String ALL_SORTS =
            """
            ## A title

            Text with `code`, a [link](https://example.org), a %s, and 👩‍👩‍👧.

            שלום עולם, كيف الحال

            - [x] done
            - [ ] to do

            ```java
            // says hello
            String hello = "Hello"; int n = 42; List<String> longer = List.of("%s");
            ```

            | a | b | c |
            |---|---|---|
            | 1 | a cell with some more text in it than fits | %s |
            """
                    .formatted("long".repeat(40), "wide".repeat(40), "cell".repeat(20));
}
