package ai.konko.packaged;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.INTEGER;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import ai.konko.api.Client;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.store.postgres.TestPostgres;
import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page in the system's Chromium, of the packaged service. */
class PageIT {
    private static final Pattern CHAT = Pattern.compile(".*/#/chats/[0-9a-f-]{36}");

    @TempDir static Path folder;
    private static Playwright playwright;
    private static Browser browser;
    private static FakeModel model;
    private static Service service;
    private static Client client;

    private final Queue<String> elsewhere = new ConcurrentLinkedQueue<>();
    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private BrowserContext context;
    private Page page;

    @BeforeAll
    static void start() throws Exception {
        Path chromium =
                Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> Path.of("/usr/bin", name))
                        .filter(Files::isExecutable)
                        .findFirst()
                        .orElse(null);
        if (chromium == null) {
            System.err.println("NO CHROMIUM FOUND: THE PAGE IS NOT TESTED. Install `chromium`.");
        }
        Assumptions.assumeTrue(chromium != null, "no Chromium found");
        model = FakeModel.start();
        service = Service.start(Service.with(model.baseUrl(), Map.of()), folder);
        client = service.ready();
        playwright =
                Playwright.create(
                        new Playwright.CreateOptions()
                                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser =
                playwright
                        .chromium()
                        .launch(
                                new LaunchOptions()
                                        .setExecutablePath(chromium)
                                        .setArgs(List.of("--no-sandbox", "--disable-gpu")));
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (playwright != null) {
            playwright.close();
            service.kill();
            model.close();
        }
    }

    @BeforeEach
    void freshBrowser() {
        model.reset();
        use(new Browser.NewContextOptions().setViewportSize(1400, 900));
    }

    private void use(Browser.NewContextOptions options) {
        if (context != null) {
            context.close();
        }
        context = browser.newContext(options);
        context.onRequest(request -> note(request.url()));
        context.onWebError(error -> errors.add(error.error()));
        context.onConsoleMessage(
                message -> {
                    if (message.text().contains("Content Security Policy")) {
                        errors.add(message.text());
                    }
                });
        page = context.newPage();
    }

    private void note(String url) {
        if (!"127.0.0.1".equals(URI.create(url).getHost())) {
            elsewhere.add(url);
        }
    }

    /** Whatever the page is used for, it asks nobody else, and has no error of its own. */
    @AfterEach
    void nothingWentElsewhere() {
        context.close();
        assertThat(elsewhere).isEmpty();
        assertThat(errors).isEmpty();
    }

    @Test
    void newChat_isAnsweredAndHasItsOwnAddress() {
        model.answer(_ -> Reply.text("The **capital** is Lisbon."));
        open("/");

        page.getByRole(AriaRole.BUTTON, named("New chat")).click();
        say("What is the capital of Portugal?");

        assertThat(log()).containsText("What is the capital of Portugal?");
        assertThat(log().locator("strong")).hasText("capital");
        assertThat(page).hasURL(CHAT);
        assertThat(list()).containsText("What is the capital of Portugal?");
        assertThat(message()).hasValue("");
        page.reload();
        assertThat(log()).containsText("The capital is Lisbon.");
    }

    @Test
    void reply_streamsIn_andGoesOnAfterAReload() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three four").gateAt(2, gate));
        open("/");
        say("Count!");
        assertThat(log()).containsText("one two");
        assertThat(log()).not().containsText("four");

        page.reload();
        assertThat(log()).containsText("one two");
        assertThat(stopButton()).isVisible();
        gate.complete(null);

        assertThat(log()).containsText("one two three four");
        assertThat(stopButton()).not().isVisible();
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void stop_keepsTheText_andRetryWritesItAnew() {
        model.answer(_ -> Reply.text("a text that is stopped").thenStall(3));
        open("/");
        say("Write!");
        assertThat(log()).containsText("a text");

        page.keyboard().press("Escape");

        assertThat(log()).containsText("Stopped.");
        assertThat(log()).containsText("a text");
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("whole this time").gateAt(2, gate));
        page.getByRole(AriaRole.BUTTON, named("Retry")).click();
        assertThat(log()).containsText("whole");
        assertThat(log()).not().containsText("a text");
        gate.complete(null);
        assertThat(log()).containsText("whole this time");
        assertThat(log()).not().containsText("Stopped.");
    }

    @Test
    void slowOpening_hidesNothingThatWasSaidMeanwhile() {
        List<Runnable> held = new ArrayList<>();
        page.route(
                Pattern.compile(".*/messages\\?.*"),
                route -> {
                    APIResponse then = route.fetch();
                    held.add(() -> route.fulfill(new Route.FulfillOptions().setResponse(then)));
                });
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three").gateAt(2, gate));
        open("/");
        say("Count!");
        assertThat(log()).containsText("one two");
        assertThat(log()).hasAttribute("aria-busy", "true");

        held.getFirst().run();

        assertThat(log()).hasAttribute("aria-busy", "false");
        assertThat(log().textContent()).contains("Count!", "one two");
        gate.complete(null);
        assertThat(log()).containsText("one two three");
    }

    @Test
    void failedReply_saysSoInWords_andCanBeRetried() {
        model.answer(_ -> Reply.status(500, "{}", Map.of()));
        open("/");
        say("Hello?");

        assertThat(log()).containsText("The model could not answer. Your message is kept.");
        model.answer(_ -> Reply.text("here I am"));
        page.getByRole(AriaRole.BUTTON, named("Retry")).click();
        assertThat(log()).containsText("here I am");
    }

    @Test
    void messages_waitTheirTurn_andLeaveRoomForAStop() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(
                call ->
                        call.lastUser().equals("one")
                                ? Reply.text("a long reply").gateAt(1, gate)
                                : Reply.text("reply to: " + call.lastUser()));
        open("/");
        say("one");
        assertThat(log()).containsText("a lo");
        for (String each : List.of("two", "three", "four", "five", "six", "seven", "eight")) {
            say(each);
            assertThat(message()).hasValue("");
        }
        assertThat(log().getByText("Waiting for its turn")).hasCount(7);

        cancelOf("two").click();
        assertThat(log().getByText("Waiting for its turn")).hasCount(6);
        stopButton().click();

        assertThat(log()).containsText("reply to: eight");
        assertThat(log().getByText("Stopped.")).hasCount(2);
        assertThat(log()).not().containsText("reply to: two");
        assertThat(message()).isFocused();
    }

    private Locator cancelOf(String text) {
        return log().locator("article:has-text('" + text + "') + article")
                .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Cancel"));
    }

    @Test
    void lostConnection_isSaid_andNoCharacterWithIt() {
        Queue<String> offsets = new ConcurrentLinkedQueue<>();
        page.onRequest(
                request ->
                        Optional.ofNullable(request.headers().get("last-event-id"))
                                .ifPresent(offsets::add));
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three four five").gateAt(2, gate));
        open("/");
        say("Count!");
        assertThat(log()).containsText("one two");

        context.setOffline(true);
        assertThat(page.getByText("Connection lost")).isVisible();
        assertThat(log()).containsText("one two");
        context.setOffline(false);
        assertThat(page.getByText("Connection lost")).not().isVisible();
        gate.complete(null);

        assertThat(log().locator("konko-markdown")).hasText("one two three four five");
        assertThat(stopButton()).not().isVisible();
        assertThat(offsets).contains("8");
        assertThat(model.calls()).hasSize(1);
    }

    @Test
    void hiddenTab_letsItsConnectionGo_andCatchesUp() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("one two three four").gateAt(2, gate));
        open("/");
        say("Count!");
        assertThat(log()).containsText("one two");

        Queue<String> ended = new ConcurrentLinkedQueue<>();
        page.onRequestFailed(request -> ended.add(request.url()));
        hide(true);
        page.waitForCondition(() -> ended.stream().anyMatch(url -> url.contains("/messages/")));
        hide(false);
        gate.complete(null);

        assertThat(log().locator("konko-markdown")).hasText("one two three four");
    }

    private void hide(boolean hidden) {
        page.evaluate(
                """
                hidden => {
                  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
                  document.dispatchEvent(new Event('visibilitychange'));
                }
                """,
                hidden);
    }

    @Test
    void sentWhileTheConnectionIsLost_isOneTurnOnceItIsBack() {
        String chat = client.chat();
        open("/#" + chat);
        assertThat(log()).containsText("Nothing has been said yet.");
        context.setOffline(true);
        say("Hello!");
        assertThat(page.getByText("Connection lost")).isVisible();
        assertThat(message()).hasValue("Hello!");

        context.setOffline(false);

        assertThat(log()).containsText("reply to: Hello!");
        assertThat(message()).hasValue("");
        assertThat(log().locator(".question")).hasCount(1);
        assertThat(page.getByText("Connection lost")).not().isVisible();
    }

    @Test
    void tooLongAMessage_isNotCut_butRefusedInWords() {
        open("/");
        message().fill("x".repeat(40_000));

        page.keyboard().press("Enter");

        assertThat(page.getByText("Your message must have 1 to 32768 characters.")).isVisible();
        assertThat(message()).hasValue("x".repeat(40_000));
    }

    @Test
    void twoTabs_seeTheSameLog() {
        open("/");
        say("from the first");
        assertThat(log()).containsText("reply to: from the first");
        Page other = context.newPage();
        other.navigate(page.url());
        assertThat(other.getByRole(AriaRole.LOG)).containsText("reply to: from the first");

        say("from the first again");
        assertThat(other.getByRole(AriaRole.LOG)).containsText("reply to: from the first again");
        other.getByRole(AriaRole.TEXTBOX, named("Message")).fill("from the second");
        other.keyboard().press("Enter");
        assertThat(log()).containsText("reply to: from the second");
    }

    @Test
    void postFromElsewhere_appears() {
        String chat = client.chat();
        open("/#" + chat);
        assertThat(log()).containsText("Nothing has been said yet.");

        client.say(chat, "from a program");

        assertThat(log()).containsText("reply to: from a program");
    }

    @Test
    void deletedChat_isSaidToBeGone() throws Exception {
        String chat = titled("Short-lived");
        open("/#" + chat);
        assertThat(log()).containsText("Nothing has been said yet.");

        client.delete(chat);

        assertThat(log()).containsText("This chat is not there");
        assertThat(message()).not().isVisible();
        look("gone", ColorScheme.LIGHT, 1400);
        log().getByRole(AriaRole.LINK).click();
        assertThat(message()).isFocused();
    }

    @Test
    void keyboard_sendsBreaksAndLeaves() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        model.answer(_ -> Reply.text("a long reply").gateAt(1, gate));
        String other = titled("Quagga");
        open("/");
        message().fill("こ");
        message().dispatchEvent("keydown", Map.of("key", "Enter", "isComposing", true));
        assertThat(message()).hasValue("こ"); // the Enter was the input method's
        message().fill("one");
        page.keyboard().press("Shift+Enter");
        page.keyboard().type("two");
        page.keyboard().press("Enter");
        assertThat(log().locator(".question .text")).hasText(new String[] {"one\ntwo"});
        assertThat(stopButton()).isVisible();

        page.keyboard().press("Control+k");
        assertThat(page.getByRole(AriaRole.SEARCHBOX, named("Search chats"))).isFocused();
        page.keyboard().type("quagga");
        assertThat(list().getByRole(AriaRole.LINK)).hasText(new String[] {"Quagga"});
        page.keyboard().press("Escape");
        assertThat(list().getByRole(AriaRole.LINK).nth(1)).isVisible();
        page.keyboard().press("Escape");
        assertThat(message()).isFocused();
        assertThat(stopButton()).isVisible(); // none of these was for the reply
        page.keyboard().press("Escape");
        assertThat(log()).containsText("Stopped.");

        page.keyboard().type("a draft");
        page.navigate(service.address() + "/#" + other);
        assertThat(message()).hasValue("");
        page.goBack();
        assertThat(message()).hasValue("a draft");
        assertThat(model.calls()).extracting(FakeModel.Call::lastUser).containsExactly("one\ntwo");
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

    @Test
    void chats_arePagedWhileScrolling() {
        for (int i = 1; i <= 65; i++) {
            titled("Heron " + i);
        }
        open("/");
        page.getByRole(AriaRole.SEARCHBOX, named("Search chats")).fill("heron");
        Locator links = list().getByRole(AriaRole.LINK);
        assertThat(links.first()).hasText("Heron 65");

        for (int last = 30; last < 65; last += 30) {
            links.nth(last - 1).scrollIntoViewIfNeeded();
            assertThat(links.nth(Math.min(last + 30, 65) - 1)).isAttached();
        }

        assertThat(links).hasCount(65);
        assertThat(links.last()).hasText("Heron 1");
    }

    @Test
    void chats_areSearchedRenamedAndDeleted() {
        titled("Zebra crossing");
        String other = titled("Walrus");
        open("/#" + other);

        page.keyboard().press("Control+k");
        page.keyboard().type("zebra");

        assertThat(list().getByRole(AriaRole.LINK)).hasText(new String[] {"Zebra crossing"});
        list().getByRole(AriaRole.LISTITEM).hover();
        page.getByRole(AriaRole.BUTTON, named("Rename Zebra crossing")).click();
        page.getByLabel("Title").fill("Zebra finch");
        page.keyboard().press("Enter");
        assertThat(list().getByRole(AriaRole.LINK)).hasText(new String[] {"Zebra finch"});
        list().getByRole(AriaRole.LISTITEM).hover();
        page.getByRole(AriaRole.BUTTON, named("Delete Zebra finch")).click();
        list().getByRole(AriaRole.BUTTON, within("Delete")).click();
        assertThat(list().getByRole(AriaRole.LINK)).hasCount(0);
        assertThat(client.get("/chats?q=Zebra").json().path("data")).isEmpty();
    }

    @Test
    void summary_countsAndLeadsToWhatWasSaid() {
        String chat = client.chat();
        for (int i = 1; i <= 25; i++) {
            client.say(chat, "The number of the day is " + i + ".");
        }
        open("/#" + chat);

        assertThat(summary()).containsText("50");
        assertThat(summary()).containsText("250 tokens read, 125 written.");
        assertThat(model.calls())
                .hasSize(25); // the model is asked for highlights when a person does
        model.answer(
                _ -> Reply.text("{\"highlights\": [{\"text\": \"It was 3.\", \"message\": 5}]}"));
        summary().getByRole(AriaRole.BUTTON, within("Find highlights")).click();
        assertThat(summary()).containsText("Found by the model.");
        summary().getByRole(AriaRole.BUTTON, within("It was 3.")).click();

        assertThat(page.locator("article:focus")).hasText("The number of the day is 3.");
        assertThat(page.locator("article:focus")).isInViewport();
        say("And one more.");
        assertThat(summary()).containsText("52");
        assertThat(summary()).containsText("The chat has gone on since.");
        assertThat(model.calls()).hasSize(27);
    }

    @Test
    void context_isAPictureOfWhatTheModelSees() {
        String chat = "/chats/" + client.post("/chats", "{\"instructions\": \"Be brief.\"}").id();
        model.answer(_ -> Reply.status(500, "{}", Map.of()));
        client.post(chat + "/messages", "{\"content\": \"Fail!\"}");
        model.reset();
        open("/#" + chat);
        assertThat(picture())
                .hasAccessibleName("0 of 2 are in the window; left out: 2 never answered.");

        for (int i = 1; i <= 25; i++) {
            client.say(chat, "number " + i);
        }

        assertThat(picture())
                .hasAccessibleName(
                        Pattern.compile(
                                "38 of 52 are in the window; left out: 2 never answered, 12 too far back."));
        assertThat(picture().locator(".user")).hasCount(19);
        assertThat(picture().locator(".system")).hasCount(1);
        assertThat(summary())
                .containsText("The model would see 38 of 52 messages, and the instructions.");
        assertThat(summary()).containsText("of 8,000 tokens");
    }

    @Test
    void settings_holdForTheChatToCome_andForOneThatIsThere() {
        open("/");
        summary().getByLabel("Instructions").fill("Speak like a pirate.");
        summary().getByLabel("Model").fill("parrot-1");
        say("Hello!");
        assertThat(log()).containsText("reply to: Hello!");
        assertThat(model.calls().getFirst().messages().getFirst().content())
                .isEqualTo("Speak like a pirate.");
        assertThat(model.calls().getFirst().model()).isEqualTo("parrot-1");

        summary().getByLabel("Instructions").fill("Be brief.");
        page.getByRole(AriaRole.BUTTON, named("Save settings")).click();

        assertThat(summary()).containsText("Saved.");
        say("Hello again!");
        assertThat(log()).containsText("reply to: Hello again!");
        assertThat(model.calls().getLast().messages().getFirst().content()).isEqualTo("Be brief.");
    }

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

    @Test
    void key_isAskedForWhereOneIsWanted() throws Exception {
        Service guarded =
                Service.start(
                        Service.with(
                                model.baseUrl(),
                                Map.of("KONKO_API_KEYS", "ada:adas-key-0123456789")),
                        folder);
        Page.GetByLabelOptions exactly = new Page.GetByLabelOptions().setExact(true);
        try {
            guarded.ready();
            page.navigate(guarded.address().toString());
            page.getByLabel("API key", exactly).fill("wrong");
            page.getByRole(AriaRole.BUTTON, named("Continue")).click();
            assertThat(page.getByRole(AriaRole.DIALOG)).containsText("does not know that key");
            page.keyboard().press("Escape");
            page.keyboard().press("Escape");
            look("key", ColorScheme.LIGHT, 1400);
            page.getByLabel("API key", exactly).fill("adas-key-0123456789");
            page.getByRole(AriaRole.BUTTON, named("Continue")).click();

            say("Hello!");

            assertThat(log()).containsText("reply to: Hello!");
            page.reload();
            assertThat(log()).containsText("reply to: Hello!");
            assertThat(context.storageState()).doesNotContain("adas-key");
            page.getByRole(AriaRole.BUTTON, named("Forget my key")).click();
            assertThat(page.getByLabel("API key", exactly)).isVisible();
        } finally {
            guarded.kill();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "KONKO_LIMITS_TURNS_IN_FLIGHT, The service is busy at the moment.",
        "KONKO_LIMITS_TURNS_IN_FLIGHT_PER_OWNER, You are asking faster than you may."
    })
    void refusal_isSaidInWords_andTheDraftIsKept(String limit, String words) throws Exception {
        Service strict = Service.start(Service.with(model.baseUrl(), Map.of(limit, "1")), folder);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        try {
            Client program = strict.ready();
            model.answer(_ -> Reply.text("late").gate(gate));
            String busy = program.chat();
            program.post(busy + "/messages", "{\"content\":\"first\"}", "Prefer", "respond-async");
            page.navigate(strict.address().toString());

            say("second");

            assertThat(page.getByRole(AriaRole.ALERT).filter(having(words)))
                    .containsText(words + " Try again in 1 s.");
            assertThat(message()).hasValue("second");
        } finally {
            gate.complete(null);
            strict.kill();
        }
    }

    @Test
    void serviceRestartedInMidReply_thePageGoesOn() throws Exception {
        Service durable =
                Service.start(
                        Service.with(
                                model.baseUrl(),
                                Map.of(
                                        "KONKO_STORE",
                                        "postgres",
                                        "KONKO_DATABASE_URL",
                                        TestPostgres.newDatabase("page"),
                                        "KONKO_DATABASE_USERNAME",
                                        TestPostgres.user(),
                                        "KONKO_DATABASE_PASSWORD",
                                        TestPostgres.password(),
                                        "KONKO_DATABASE_LEASE",
                                        "5s")),
                        folder);
        try {
            durable.ready();
            model.answer(_ -> Reply.text("text of the first run").thenStall(2));
            page.navigate(durable.address().toString());
            say("Hello!");
            assertThat(log()).containsText("text of");

            durable.kill();
            assertThat(page.getByRole(AriaRole.STATUS).filter(having("lost"))).isVisible();
            model.answer(_ -> Reply.text("all of the second run"));
            durable = durable.again(folder);
            durable.ready();

            assertThat(log().locator("article").last())
                    .containsText(
                            "all of the second run",
                            new LocatorAssertions.ContainsTextOptions().setTimeout(30_000));
            assertThat(log()).not().containsText("first run");
            assertThat(page.getByText("Connection lost")).not().isVisible();
        } finally {
            durable.kill();
        }
    }

    @ParameterizedTest
    @CsvSource({"LIGHT, 1400", "DARK, 1400", "LIGHT, 360", "DARK, 360"})
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

    /** Once everything stands still; the picture is for people. */
    private void look(String what, ColorScheme scheme, int width) throws Exception {
        page.evaluate(
                """
                Promise.all(document.getAnimations()
                    .filter(it => it.effect.getTiming().iterations !== Infinity)
                    .map(it => it.finished.catch(() => {}))).then(() => true)
                """);
        Path pictures = Files.createDirectories(Path.of("target/page"));
        page.screenshot(
                new Page.ScreenshotOptions()
                        .setPath(pictures.resolve(what + "-" + scheme + "-" + width + ".png")));
        assertThat(new AxeBuilder(page).analyze().getViolations())
                .as(what)
                .extracting(rule -> rule.getId() + ": " + rule.getNodes())
                .isEmpty();
        assertThat(page.evaluate(FITS)).as(what + " fits").isEqualTo(true);
    }

    private static final String FITS =
            "[document.documentElement, ...document.querySelectorAll('[role=log], .about, .chat-list')]"
                    + ".every(it => it.scrollWidth <= it.clientWidth)";

    private void open(String path) {
        page.navigate(service.address() + path);
    }

    private void say(String text) {
        message().fill(text);
        page.keyboard().press("Enter");
    }

    private static String titled(String title) {
        return "/chats/" + client.post("/chats", "{\"title\": \"" + title + "\"}").id();
    }

    private Locator log() {
        return page.getByRole(
                AriaRole.LOG, new Page.GetByRoleOptions().setName("Conversation").setExact(true));
    }

    private Locator list() {
        return page.getByRole(AriaRole.LIST, named("Chats"));
    }

    private Locator summary() {
        return page.getByRole(AriaRole.REGION, named("Summary"));
    }

    private Locator picture() {
        return summary().getByRole(AriaRole.IMG);
    }

    private Locator message() {
        return page.getByRole(AriaRole.TEXTBOX, named("Message"));
    }

    private Locator stopButton() {
        return page.getByRole(AriaRole.BUTTON, named("Stop"));
    }

    private static Page.GetByRoleOptions named(String name) {
        return new Page.GetByRoleOptions().setName(name).setExact(true);
    }

    private static Locator.GetByRoleOptions within(String name) {
        return new Locator.GetByRoleOptions().setName(name).setExact(true);
    }

    private static Locator.FilterOptions having(String text) {
        return new Locator.FilterOptions().setHasText(text);
    }
}
