package ai.konko.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddedVersionTest {
    @TempDir Path folder;

    @Test
    void major_isThatOfTheServer() throws SQLException {
        try (Connection connection =
                DriverManager.getConnection(
                        "jdbc:" + TestPostgres.server(),
                        TestPostgres.user(),
                        TestPostgres.password())) {
            assertThat(connection.getMetaData().getDatabaseMajorVersion())
                    .isEqualTo(EmbeddedVersion.MAJOR);
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, the release before", "1, the newer release again"})
    void start_onDataOfAnotherVersion_isRefusedAndTouchesNothing(int difference, String remedy)
            throws IOException {
        int other = EmbeddedVersion.MAJOR + difference;
        Path data = Files.createDirectory(folder.resolve("postgresql"));
        Files.writeString(data.resolve("PG_VERSION"), other + "\n");

        try (EmbeddedServer server = new EmbeddedServer(folder, EmbeddedServer.freePort())) {
            assertThatThrownBy(server::start)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContainingAll(
                            "PostgreSQL " + other, "PostgreSQL " + EmbeddedVersion.MAJOR, remedy)
                    .hasMessageNotContaining("\n");
        }

        assertThat(data.resolve("PG_VERSION")).hasContent(Integer.toString(other));
    }

    @Test
    void require_withoutData_passes() throws IOException {
        EmbeddedVersion.require(folder.resolve("postgresql"));
    }
}
