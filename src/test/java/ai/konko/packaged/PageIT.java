package ai.konko.packaged;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

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
        model.answer(_ -> Reply.text("whole this time").gateAt(1, gate));
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
        list().getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Delete")).click();
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
        page.getByRole(AriaRole.BUTTON, named("Show summary")).click();

        Locator summary = page.getByRole(AriaRole.REGION, named("Summary"));

        assertThat(summary).containsText("50");
        assertThat(summary.getByRole(AriaRole.IMG))
                .hasAccessibleName(Pattern.compile("see 3\\d of 50"));
        assertThat(summary).containsText("too far back");
        Locator highlight = summary.getByRole(AriaRole.LISTITEM).getByRole(AriaRole.BUTTON).first();
        highlight.click();
        assertThat(page.locator("article:focus")).isInViewport();
        summary.getByLabel("Instructions").fill("Be brief.");
        page.getByRole(AriaRole.BUTTON, named("Save settings")).click();
        assertThat(summary).containsText("Saved.");
        assertThat(client.get(chat).json().path("instructions").asText()).isEqualTo("Be brief.");
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
    void manyMessages_areFetchedWhileScrolling() {
        String chat = client.chat();
        for (int i = 1; i <= 250; i++) {
            client.say(chat, "message " + i);
        }
        open("/#" + chat);
        assertThat(log().locator("article").last())
                .hasText(Pattern.compile("reply to: message 250.*"));
        assertThat(log().locator("article").last()).isInViewport();

        for (int i = 0; i < 60 && log().locator("article").count() < 500; i++) {
            log().evaluate("it => it.scrollTop = 0");
            page.waitForTimeout(20); // lets frames be drawn; what is waited for is below
        }

        assertThat(log().locator("article")).hasCount(500);
        assertThat(log().locator("article").nth(248)).hasText("message 125");
        log().evaluate("it => it.scrollTop = 0");
        assertThat(log().locator("article").first()).isInViewport();
        say("the last one"); // goes down to it
        assertThat(log().locator("article").last()).isInViewport();
    }

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
            page.getByLabel("API key", exactly).fill("adas-key-0123456789");
            page.getByRole(AriaRole.BUTTON, named("Continue")).click();

            say("Hello!");

            assertThat(log()).containsText("reply to: Hello!");
            page.reload();
            assertThat(log()).containsText("reply to: Hello!");
            assertThat(context.storageState()).doesNotContain("adas-key");
        } finally {
            guarded.kill();
        }
    }

    @Test
    void refusal_isSaidInWords_andTheDraftIsKept() throws Exception {
        Service strict =
                Service.start(
                        Service.with(model.baseUrl(), Map.of("KONKO_LIMITS_TURNS_IN_FLIGHT", "1")),
                        folder);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        try {
            Client program = strict.ready();
            model.answer(_ -> Reply.text("late").gate(gate));
            String busy = program.chat();
            program.post(busy + "/messages", "{\"content\":\"first\"}", "Prefer", "respond-async");
            page.navigate(strict.address().toString());

            say("second");

            assertThat(
                            page.getByRole(AriaRole.ALERT)
                                    .filter(new Locator.FilterOptions().setHasText("busy")))
                    .containsText("The service is busy at the moment. Try again in 1 s.");
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
            assertThat(
                            page.getByRole(AriaRole.STATUS)
                                    .filter(new Locator.FilterOptions().setHasText("lost")))
                    .containsText("Connection lost");
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
        model.answer(
                _ ->
                        Reply.text(
                                """
                                ## A title

                                Text with `code`, a [link](https://example.org).

                                ```java
                                // says hello
                                String hello = "Hello"; int n = 42;
                                ```

                                | a | b |
                                |---|---|
                                | 1 | 2 |
                                """));
        open("/");
        look("empty", scheme, width);
        say("Show me!");
        assertThat(log().locator(".hljs-string")).isVisible();
        page.getByRole(AriaRole.BUTTON, named("Show summary")).click();
        assertThat(page.getByRole(AriaRole.REGION, named("Summary")))
                .containsText("Taken from the text");
        look("summary", scheme, width);
        if (width < 1200) {
            page.getByRole(AriaRole.BUTTON, named("Close summary")).click();
        }
        model.answer(_ -> Reply.status(500, "{}", Map.of()));
        say("And fail!");
        assertThat(log()).containsText("could not answer");
        look("failed", scheme, width);
        if (width < 800) {
            page.getByRole(AriaRole.BUTTON, named("Show chats")).click();
            assertThat(list()).isInViewport();
            look("menu", scheme, width);
        }
    }

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
        assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .isEqualTo(true);
    }

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

    private Locator message() {
        return page.getByRole(AriaRole.TEXTBOX, named("Message"));
    }

    private Locator stopButton() {
        return page.getByRole(AriaRole.BUTTON, named("Stop"));
    }

    private static Page.GetByRoleOptions named(String name) {
        return new Page.GetByRoleOptions().setName(name).setExact(true);
    }
}
