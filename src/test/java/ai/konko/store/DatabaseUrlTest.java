package ai.konko.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.Driver;

class DatabaseUrlTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgresql://db:5432/konko | jdbc:postgresql://db:5432/konko",
                "postgres://db/konko | jdbc:postgresql://db/konko",
                "POSTGRES://db/konko | jdbc:postgresql://db/konko",
                "jdbc:postgresql://db/konko | jdbc:postgresql://db/konko",
                "postgresql:///konko | jdbc:postgresql://localhost/konko",
                "postgresql://[::1]:5433/konko | jdbc:postgresql://[::1]:5433/konko",
                "postgresql://[fe80::1]/konko | jdbc:postgresql://[fe80::1]/konko",
                "postgresql://a:1,b:2/konko |"
                        + " jdbc:postgresql://a:1,b:2/konko?targetServerType=primary",
                "jdbc:postgresql://a:1,b:2/konko |"
                        + " jdbc:postgresql://a:1,b:2/konko?targetServerType=primary",
                "postgresql://[::1]:1,[fe80::2],c:3/konko |"
                        + " jdbc:postgresql://[::1]:1,[fe80::2],c:3/konko?targetServerType=primary",
                "postgresql:///konko?host=a,b&port=1,2&target_session_attrs=read-write |"
                        + " jdbc:postgresql://a:1,b:2/konko?targetServerType=primary",
                "postgresql:///konko?hostaddr=::1,10.0.0.1,fe80::2&port=1 |"
                        + " jdbc:postgresql://[::1]:1,10.0.0.1:1,[fe80::2]:1/konko"
                        + "?targetServerType=primary",
                "postgresql://a,b:2/konko?port=1&target_session_attrs=prefer-standby |"
                        + " jdbc:postgresql://a:1,b:2/konko?targetServerType=preferSecondary",
                "postgresql://a,b/konko?target_session_attrs=any |"
                        + " jdbc:postgresql://a,b/konko?targetServerType=any",
                "postgresql:///?host=db&port=6543&dbname=konko | jdbc:postgresql://db:6543/konko",
                "postgresql://db/a%2Fb%20c | jdbc:postgresql://db/a%2Fb+c",
                "postgres://db/konko?sslmode=require&channel_binding=require |"
                        + " jdbc:postgresql://db/konko?sslmode=require&channelBinding=require",
                "postgres://db/konko?sslmode=no-verify |"
                        + " jdbc:postgresql://db/konko?sslmode=require",
                "postgres://db/konko?sslmode=verify-full&sslrootcert=system |"
                        + " jdbc:postgresql://db/konko?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
                "postgres://db/konko?sslrootcert=%2Fetc%2Fca.pem |"
                        + " jdbc:postgresql://db/konko?sslrootcert=%2Fetc%2Fca.pem",
                "postgres://db/konko?connect_timeout=7&target_session_attrs=read-write |"
                        + " jdbc:postgresql://db/konko?connectTimeout=7&targetServerType=primary",
                "postgres://db/konko?options=endpoint%3Dcalm-1 |"
                        + " jdbc:postgresql://db/konko?options=endpoint%3Dcalm-1",
                "postgres://db/konko?options=-c%20geqo%3Doff |"
                        + " jdbc:postgresql://db/konko?options=-c+geqo%3Doff",
                "postgres://db:6543/konko?pgbouncer=true |"
                        + " jdbc:postgresql://db:6543/konko?prepareThreshold=0",
                "postgres://db/konko?schema=mine | jdbc:postgresql://db/konko?currentSchema=mine",
                "postgres://db/konko?currentSchema=a&keepalives=0 |"
                        + " jdbc:postgresql://db/konko?currentSchema=a&tcpKeepAlive=false"
            })
    void address_inTheTermsOfTheDriver(String given, String jdbc) {
        DatabaseUrl url = DatabaseUrl.of(given);

        assertThat(url.jdbc()).isEqualTo(jdbc);
        assertThat(Driver.parseURL(url.jdbc(), new Properties())).isNotNull();
        assertThat(url.username()).isNull();
        assertThat(url.password()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgres://me:secret@db/konko | me | secret",
                "postgres://me@db/konko | me |",
                "postgres://m%40e:s%3Ae%2Fc%3F%25%23@db/konko | m@e | s:e/c?%#",
                "postgres://me:a+b@db/konko | me | a+b",
                "postgres://me:a:b@db/konko | me | a:b",
                "postgres://me:a@b@db/konko | me | a@b",
                "postgres://me:$1${x}@db/konko | me | $1${x}",
                "postgres://me:a,b@c${x}@db:1,[::1]:2/konko | me | a,b@c${x}",
                "postgres://me:50%@db/konko | me | 50%",
                "postgres://m%e:p%zzw@db/konko | m%e | p%zzw",
                "postgres://db/konko?user=me&password=s%26t | me | s&t",
                "postgres://postgres.abcd:pw@aws-0.pooler.example:6543/postgres | postgres.abcd |"
                        + " pw"
            })
    void login_isTakenOutOfTheAddress(String given, String username, String password) {
        DatabaseUrl url = DatabaseUrl.of(given);

        assertThat(url.username()).isEqualTo(username);
        assertThat(url.password()).isEqualTo(password);
        assertThat(url.jdbc()).doesNotContain("@", "password", "user");
        assertThat(url).hasToString("DatabaseUrl");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "konko",
                "mysql://me:secret@db/konko",
                "postgres:me:secret@db/konko",
                "postgres://me:secret@db",
                "postgres://me:secret@db/",
                "postgres://me:secret@%2Fvar%2Frun/konko",
                "postgres://me:secret@db:port/konko",
                "postgres://me:secret@db:0/konko",
                "postgres://me:secret@a,db:65536/konko",
                "postgres://me:secret@a,/konko",
                "postgres://me:secret@a,,b/konko",
                "postgres://me:secret@a,%2Fvar%2Frun/konko",
                "postgres://me:secret@[::1],::2/konko",
                "postgres://me:secret@/konko?host=a,b&port=1,2,3",
                "postgres://me:secret@a,b/konko?target_session_attrs=none",
                "postgres://me:secret@[::1/konko",
                "postgres://me:secret@d%b/konko%",
                "postgres://me:sec/ret@db/konko"
            })
    void whatIsNoAddress_isRefusedWithoutAWordOfIt(String given) {
        assertThatThrownBy(() -> DatabaseUrl.of(given))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContainingAny("secret", "sec", "ret", "me:");
    }

    @Test
    void driver_hasTheDatabaseAsItIsNamed() {
        Properties parsed =
                Driver.parseURL(
                        DatabaseUrl.of("postgres://db/a%2Fb%20c+d").jdbc(), new Properties());

        assertThat(parsed).isNotNull().containsEntry("PGDBNAME", "a/b c+d");
    }
}
