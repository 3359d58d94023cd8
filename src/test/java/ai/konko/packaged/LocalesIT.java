package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import ai.konko.fake.FakeModel.Reply;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * On machines whose language has digits, letters or a calendar of its own, nothing is different.
 */
class LocalesIT {
    @TempDir Path folder;
    private final FakeModel model = FakeModel.start();
    private Service service;

    @AfterEach
    void stop() throws InterruptedException {
        model.close();
        service.kill();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-Duser.language=ar -Duser.country=EG",
                "-Duser.language=tr -Duser.country=TR",
                "-Duser.language=th -Duser.country=TH -Duser.extensions=u-ca-buddhist-nu-thai"
            })
    void serviceOnAMachineOfThisLanguage_isTheSame(String language) throws Exception {
        service =
                Service.start(
                        Service.with(model.baseUrl(), Map.of("JAVA_TOOL_OPTIONS", language)),
                        folder);
        Client client = service.ready();
        model.answer(_ -> Reply.text("hi"));
        Answer chat = client.post("/chats", "{\"title\": \"TITLE with I\"}");

        Answer found = client.get("/chats?q=title+with+i");
        Answer tooMany = client.get("/chats?limit=1000");
        Answer streamed =
                client.post(
                        "/v1/chat/completions",
                        """
                        {"model": "m", "stream": true, "store": true, "messages": [{"role": "user", "content": "x"}]}
                        """);
        model.answer(_ -> Reply.status(429, "{}", Map.of("Retry-After", "12")));
        Answer busy = client.say("/chats/" + chat.id(), "hello");

        assertThat(found.json().path("data")).hasSize(1);
        assertThat(chat.json().path("createdAt").asText())
                .matches("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z");
        assertThat(tooMany.text()).contains("from 1 to 100");
        String first = streamed.text().lines().findFirst().orElse("").substring("data:".length());
        JsonNode chunk = new ObjectMapper().readTree(first);
        assertThat(chunk.path("created").asLong()).isGreaterThan(1_700_000_000L);
        assertThat(busy.status()).isEqualTo(503);
        assertThat(busy.header("Retry-After")).isEqualTo("12");
    }
}
