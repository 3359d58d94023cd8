package ai.konko.packaged;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.store.postgres.TestPostgres;
import com.microsoft.playwright.APIResponse;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A conversation on the page. */
class PageIT extends OnThePage {
    private static final Pattern CHAT = Pattern.compile(".*/#/chats/[0-9a-f-]{36}");

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
        page.waitForCondition(() -> offsets.contains("8")); // else it may be over before
        gate.complete(null);

        assertThat(log().locator("konko-markdown")).hasText("one two three four five");
        assertThat(stopButton()).not().isVisible();
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
    void acceptedPostWhoseAnswerWasLost_isOneTurn() {
        page.route(
                Pattern.compile("/messages$"),
                route -> {
                    route.fetch();
                    route.abort();
                },
                new Page.RouteOptions().setTimes(1));
        open("/");

        say("Hello!");

        assertThat(log()).containsText("reply to: Hello!");
        assertThat(message()).hasValue("");
        assertThat(log().locator(".question")).hasCount(1);
        assertThat(model.calls()).hasSize(1);
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
}
