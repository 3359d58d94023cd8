package ai.konko.packaged;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.fake.FakeModel.Reply;
import com.microsoft.playwright.ElementHandle;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What stands beside a conversation: the chats, the summary, the key. */
class PageSidesIT extends OnThePage {
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
    void deletedChat_isSaidToBeGone() throws Exception {
        String chat = titled("Short-lived");
        open("/#" + chat);
        assertThat(log()).containsText("Nothing has been said yet.");

        client.delete(chat);

        assertThat(log()).containsText("This chat is not there");
        assertThat(message()).not().isVisible();
        assertThat(list().getByText("Short-lived")).hasCount(0);
        look("gone", ColorScheme.LIGHT, 1400);
        log().getByRole(AriaRole.LINK).click();
        assertThat(message()).isFocused();
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
                _ ->
                        Reply.text(
                                "{\"highlights\": [{\"text\": \"It was **3**.\", \"message\": 5}]}"));
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
        String chat =
                "/chats/"
                        + client.post(
                                        "/chats",
                                        "{\"instructions\": \"Be brief.\", \"memory\":"
                                                + " {\"maxMessages\": 40, \"maxTokens\": 8000, \"keep\": 1}}")
                                .id();
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
        assertThat(summary()).containsText("The oldest are left out once more than");
    }

    private Locator picture() {
        return summary().getByRole(AriaRole.IMG);
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
            ElementHandle answered = page.querySelector("dialog");
            page.getByRole(AriaRole.BUTTON, named("Continue")).click();
            assertThat(page.getByRole(AriaRole.DIALOG)).containsText("does not know that key");
            answered.dispatchEvent("close"); // as a browser does that was slow to say so
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
}
