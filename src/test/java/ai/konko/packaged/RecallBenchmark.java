package ai.konko.packaged;

import ai.konko.api.Client;
import ai.konko.api.PlantedFacts;
import ai.konko.fake.FakeModel;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many of 40 facts a model recalls that were said in 400 turns: with all of them, with a window
 * and with a window and a summary. With {@code OPENAI_API_KEY} it asks a real model, which takes an
 * hour and costs; without, one that knows just what it is sent.
 */
public final class RecallBenchmark {
    private static final int TURNS = Integer.getInteger("recall.turns", 400);
    private static final int FACTS = Integer.getInteger("recall.facts", 40);

    private RecallBenchmark() {}

    public static void main(String... none) throws Exception {
        String key = System.getenv("OPENAI_API_KEY");
        try (FakeModel fake = FakeModel.start()) {
            fake.answer(PlantedFacts::answer);
            Map<String, String> settings = new LinkedHashMap<>();
            if (key != null) {
                settings.put("OPENAI_API_KEY", key);
            }
            String url =
                    System.getenv().getOrDefault("OPENAI_BASE_URL", "https://api.openai.com/v1");
            Service service =
                    Service.start(
                            Service.with(key == null ? fake.baseUrl() : url, settings),
                            Files.createTempDirectory("recall"));
            try {
                Client client = service.ready();
                run(client, "all", "{\"maxMessages\": 1000, \"maxTokens\": 128000}");
                run(client, "window", "{\"maxMessages\": 100}");
                run(client, "compaction", "{\"maxMessages\": 100, \"compaction\": \"summary\"}");
                run(client, "small window", "{\"maxMessages\": 30}");
                run(client, "its compaction", "{\"maxMessages\": 30, \"compaction\": \"summary\"}");
            } finally {
                service.kill();
            }
        }
    }

    private static void run(Client client, String name, String memory) {
        PlantedFacts chat = new PlantedFacts(client, memory, FACTS);
        chat.plant(TURNS);
        if (memory.contains("summary")) {
            chat.settle();
        }
        int recalled = chat.recalled();
        int summaries = client.get(chat.chat() + "/summaries?limit=100").json().path("data").size();
        long tokens = client.get(chat.chat()).json().at("/usage/inputTokens").asLong();
        System.out.printf(
                "%-16s recalls %3d of %d, %3d summaries, %,12d input tokens%n",
                name, recalled, FACTS, summaries, tokens);
    }
}
