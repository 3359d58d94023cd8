package ai.konko.openai;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.HttpTest;
import ai.konko.fake.FakeModel.Call;
import ai.konko.fake.FakeModel.Message;
import ai.konko.fake.FakeModel.Reply;
import ai.konko.fake.Script;
import ai.konko.openai.LangChain4jUser.Way;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What LangChain4j's clients of OpenAI, unmodified, make of the packaged service. */
@QuarkusIntegrationTest
class LangChain4jIT extends HttpTest {
    /** Each turn with its calls has seven messages, so all but the first find the window full. */
    private static final List<String> TURNS = List.of("1", "2", "3");

    private static PlainLoader plain;

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();

    /** LangChain4j without what Quarkus replaces in it, which works only in Quarkus. */
    private static final class PlainLoader extends URLClassLoader {
        private static final Pattern LEFT_OUT =
                Pattern.compile(".*(quarkus-langchain4j|slf4j-jboss)[^/]*|.*/target/classes");

        private PlainLoader() throws IOException {
            super(classPath(), ClassLoader.getPlatformClassLoader());
        }

        private static URL[] classPath() throws IOException {
            List<URL> urls = new ArrayList<>();
            for (String each :
                    System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
                if (!LEFT_OUT.matcher(each).matches()) {
                    urls.add(Path.of(each).toUri().toURL());
                }
            }
            return urls.toArray(URL[]::new);
        }

        /** What both sides know is the test's. */
        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            return name.startsWith(LangChain4jUser.class.getName())
                    ? Class.forName(name)
                    : super.findClass(name);
        }

        private LangChain4jUser user(Way way, String url) throws ReflectiveOperationException {
            Thread.currentThread().setContextClassLoader(this); // where it looks for services
            return (LangChain4jUser)
                    loadClass(LangChain4jClients.class.getName())
                            .getConstructor(Way.class, String.class)
                            .newInstance(way, url);
        }
    }

    @BeforeAll
    static void open() throws IOException {
        plain = new PlainLoader();
    }

    @AfterAll
    static void close() throws IOException {
        plain.close();
    }

    @BeforeEach
    void aModelThatCallsInTwoRounds() {
        model.answer(LangChain4jIT::forecast);
    }

    @AfterEach
    void itsLoader() {
        Thread.currentThread().setContextClassLoader(before);
    }

    /** For each question two calls at once, then one more, then text. */
    private static Reply forecast(Call call) {
        List<Message> messages = call.messages();
        int after = 0;
        while (!messages.get(messages.size() - 1 - after).role().equals("user")) {
            after++;
        }
        String turn = call.lastUser();
        return switch (after) {
            case 0 ->
                    new Script()
                            .text("Look: ")
                            .call("a" + turn, "weather", "{\"city\":\"Lisbon\"}")
                            .call("b" + turn, "weather", "{\"city\":\"Porto\"}")
                            .reply();
            case 3 -> new Script().call("c" + turn, "weather", "{\"city\":\"Faro\"}").reply();
            default -> Reply.text("sun everywhere").usage(20, 7);
        };
    }

    private LangChain4jUser user(Way way) throws ReflectiveOperationException {
        return plain.user(way, base + "v1");
    }

    @ParameterizedTest
    @EnumSource
    void aiService_withAToolAndAWindow_isAnswered(Way way) throws Exception {
        LangChain4jUser user = user(way);

        List<String> answers = user.ask(TURNS);

        assertThat(answers).hasSize(3).containsOnly("sun everywhere STOP 7");
        assertThatAllIsSent(user.called());
    }

    @ParameterizedTest
    @EnumSource
    void streamingAiService_withAToolAndAWindow_isAnswered(Way way) throws Exception {
        LangChain4jUser user = user(way);

        List<String> answers = user.askStreaming(TURNS);

        assertThat(answers).hasSize(3).containsOnly("Look: sun everywhere STOP 17");
        assertThatAllIsSent(user.called());
    }

    /** The model is sent what fits the window, and with each call its output. */
    private void assertThatAllIsSent(List<String> called) {
        assertThat(called).hasSize(9);
        assertThat(called.subList(6, 9)).containsExactly("Lisbon", "Porto", "Faro");
        assertThat(model.refused()).isEmpty();
        assertThat(model.calls()).hasSize(9);
        Call last = model.calls().getLast();
        assertThat(last.body().at("/tools/0/function/name").asText()).isEqualTo("weather");
        assertThat(last.messages())
                .hasSizeBetween(7, LangChain4jUser.WINDOW)
                .startsWith(new Message("system", "Be brief."))
                .endsWith(
                        new Message("user", "3"),
                        new Message("assistant", "Look: "),
                        new Message("tool", "Sun in Lisbon"),
                        new Message("tool", "Sun in Porto"),
                        new Message("assistant", ""),
                        new Message("tool", "Sun in Faro"));
    }

    @ParameterizedTest
    @EnumSource
    void structuredOutput_isAnObject(Way way) throws Exception {
        model.answer(_ -> Reply.text("{\"city\": \"Porto\", \"celsius\": 21}"));

        String degrees = user(way).read("21 degrees in Porto");

        assertThat(degrees).isEqualTo("Degrees[city=Porto, celsius=21]");
        JsonNode schema = model.calls().getLast().body().at("/response_format/json_schema");
        assertThat(schema.at("/schema/properties/celsius/type").toString()).contains("integer");
    }

    @ParameterizedTest
    @EnumSource
    void image_isPassedOnByItsUrl(Way way) throws Exception {
        model.answer(_ -> Reply.text("A cat."));

        String said = user(way).look("What is it?", "https://a.example/1.png");

        assertThat(said).isEqualTo("A cat.");
        JsonNode content = model.calls().getLast().body().at("/messages/0/content");
        assertThat(content.at("/0/text").asText()).isEqualTo("What is it?");
        assertThat(content.at("/1/image_url/url").asText()).isEqualTo("https://a.example/1.png");
    }
}
