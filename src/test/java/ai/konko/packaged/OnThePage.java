package ai.konko.packaged;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client;
import ai.konko.fake.FakeModel;
import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the packaged service's page, in the system's Chromium. */
abstract class OnThePage {
    @TempDir static Path folder;

    /** For what comes on the page in its own time, on a machine that is busy, too. */
    private static final int PATIENCE_MILLIS = 30_000;

    private static Playwright playwright;
    private static Browser browser;
    static FakeModel model;
    static Service service;
    static Client client;

    private final Queue<String> elsewhere = new ConcurrentLinkedQueue<>();
    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    BrowserContext context;
    Page page;

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
        setDefaultAssertionTimeout(PATIENCE_MILLIS);
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

    void use(Browser.NewContextOptions options) {
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
        String address = url.startsWith("blob:") ? url.substring("blob:".length()) : url;
        if (!"127.0.0.1".equals(URI.create(address).getHost())) {
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

    private static final String FITS =
            "[document.documentElement, ...document.querySelectorAll('[role=log], .about, .chat-list')]"
                    + ".every(it => it.scrollWidth <= it.clientWidth)";

    /** Once everything stands still; the picture is for people. */
    void look(String what, ColorScheme scheme, int width) throws Exception {
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

    void open(String path) {
        page.navigate(service.address() + path);
    }

    void say(String text) {
        message().fill(text);
        page.keyboard().press("Enter");
    }

    static String titled(String title) {
        return "/chats/" + client.post("/chats", "{\"title\": \"" + title + "\"}").id();
    }

    Locator log() {
        return page.getByRole(
                AriaRole.LOG, new Page.GetByRoleOptions().setName("Conversation").setExact(true));
    }

    Locator list() {
        return page.getByRole(AriaRole.LIST, named("Chats"));
    }

    Locator message() {
        return page.getByRole(AriaRole.TEXTBOX, named("Message"));
    }

    Locator summary() {
        return page.getByRole(AriaRole.REGION, named("Summary"));
    }

    Locator stopButton() {
        return page.getByRole(AriaRole.BUTTON, named("Stop"));
    }

    static Page.GetByRoleOptions named(String name) {
        return new Page.GetByRoleOptions().setName(name).setExact(true);
    }

    static Locator.GetByRoleOptions within(String name) {
        return new Locator.GetByRoleOptions().setName(name).setExact(true);
    }

    static Locator.FilterOptions having(String text) {
        return new Locator.FilterOptions().setHasText(text);
    }
}
