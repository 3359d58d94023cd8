package ai.konko.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gate before a server that answers only when it is told to. */
class RequestGateTest {
    private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONG = TimeUnit.HOURS.toNanos(1);

    private final List<String> seen = new ArrayList<>();
    private final EmbeddedChannel connection = new EmbeddedChannel();

    @AfterEach
    void close() {
        connection.finishAndReleaseAll();
    }

    private void guarded(long requestTime, long idleTime, Refusals refusals) {
        connection
                .pipeline()
                .addLast(
                        new HttpRequestDecoder(),
                        new HttpResponseEncoder(),
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object part) {
                                if (part instanceof HttpRequest request) {
                                    seen.add(request.uri());
                                }
                                ReferenceCountUtil.release(part);
                            }
                        });
        RequestGate.guard(
                connection.pipeline(), new GateRules(4096, 8192, requestTime, idleTime, refusals));
    }

    private static Refusals refusals() {
        return new Refusals(new SimpleMeterRegistry(), new ObjectMapper());
    }

    private void comes(String bytes) {
        connection.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
    }

    private void answer(int requests) {
        for (int i = 0; i < requests; i++) {
            connection.writeOutbound(
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            HttpResponseStatus.OK,
                            Unpooled.copiedBuffer("x", StandardCharsets.US_ASCII)));
        }
    }

    private String sent() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf part; (part = connection.readOutbound()) != null; part.release()) {
            text.append(part.toString(StandardCharsets.ISO_8859_1));
        }
        return text.toString();
    }

    /** As far as timers go; what is measured is real time. */
    private void timePasses() {
        connection.advanceTimeBy(SHORT, TimeUnit.NANOSECONDS);
        connection.runScheduledPendingTasks();
    }

    private static String get(int number) {
        return "GET /" + number + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    private static String post(int number) {
        return "POST /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n{ }"
                .formatted(number);
    }

    private static List<String> paths(int requests) {
        return IntStream.range(0, requests).mapToObj(i -> "/" + i).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000, 100_000})
    void requests_ofWhichNoneIsAnswered_waitBeforeTheServer(int size) {
        guarded(LONG, LONG, refusals());
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            all.append(i % 3 == 0 ? post(i) : get(i));
        }

        for (int i = 0; i < all.length(); i += size) {
            comes(all.substring(i, Math.min(all.length(), i + size)));
        }

        assertThat(seen).isEqualTo(paths(16));
        assertThat(connection.config().isAutoRead()).isFalse();
        answer(8);
        assertThat(seen).isEqualTo(paths(24));
        assertThat(connection.config().isAutoRead()).isFalse();
        answer(80);
        assertThat(seen).isEqualTo(paths(100));
        assertThat(connection.config().isAutoRead()).isTrue();
    }

    @Test
    void requests_whileAnswersAreNotTaken_waitBeforeTheServer() {
        guarded(LONG, LONG, refusals());
        comes(get(0));
        ChannelFuture _ =
                connection
                        .pipeline()
                        .firstContext()
                        .write(Unpooled.wrappedBuffer(new byte[100_000]));

        comes(get(1) + get(2));

        assertThat(seen).isEqualTo(paths(1));
        connection.flush();
        connection.runPendingTasks();
        assertThat(seen).isEqualTo(paths(3));
    }

    /** What the server asks for while requests wait is what it gets afterwards. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void server_thatHasPaused_isPausedAlsoAfterwards(boolean resumes) {
        guarded(LONG, LONG, refusals());
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            all.append(get(i));
        }
        connection.config().setAutoRead(false);
        comes(all.toString());
        if (resumes) {
            connection.config().setAutoRead(true);
        }

        answer(16);

        assertThat(connection.config().isAutoRead()).isEqualTo(resumes);
        assertThat(seen).isEqualTo(paths(resumes ? 20 : 16));
        connection.config().setAutoRead(true);
        connection.runPendingTasks();
        assertThat(seen).isEqualTo(paths(20));
    }

    @Test
    void aRefusal_behindRequestsThatWait_comesAfterTheirAnswers() {
        guarded(LONG, LONG, refusals());
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            all.append(get(i));
        }
        comes(all + "GET /x HTTP/1.1\r\nX-Request-Id: mine\r\nbad\r\n\r\n");

        answer(19);
        assertThat(sent()).doesNotContain("400");
        answer(1);

        assertThat(seen).isEqualTo(paths(20));
        assertThat(sent()).contains("HTTP/1.1 400", "X-Request-Id: mine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /1", "GET /1 HTTP/1.1\r\nHost: localhost\r\n"})
    void halfARequest_afterAWholeOne_timesOutInARequestsTime(String half) {
        guarded(SHORT, LONG, refusals());
        comes(get(0));
        answer(1);
        timePasses();

        comes(half);

        await().until(
                        () -> {
                            timePasses();
                            return sent().contains("HTTP/1.1 408");
                        });
    }

    /** Vert.x closes a connection once all is sent, which is never. */
    @Test
    void aConnection_thatTakesNothing_isClosedWhateverTheServerWaitsFor() {
        guarded(SHORT, SHORT, refusals());
        connection
                .pipeline()
                .addLast(
                        new ChannelOutboundHandlerAdapter() {
                            @Override
                            public void close(
                                    ChannelHandlerContext context, ChannelPromise promise) {}
                        });
        ChannelFuture _ =
                connection.pipeline().firstContext().write(Unpooled.wrappedBuffer(new byte[9]));

        await().until(
                        () -> {
                            timePasses();
                            return !connection.isOpen();
                        });
    }

    @Test
    void emptyLines_areNoRequest() {
        guarded(SHORT, SHORT, refusals());
        comes(get(0));
        answer(1);

        await().until(
                        () -> {
                            comes("\r\n");
                            timePasses();
                            return !connection.isOpen();
                        });
    }

    @Test
    @SuppressWarnings("NullAway")
    void aFaultOfTheGate_isLoggedAndClosesTheConnection() {
        guarded(LONG, LONG, null);

        try (ErrorLog errors = ErrorLog.watched()) {
            comes("bad\r\n\r\n");

            assertThat(errors.lines()).singleElement().asString().contains("RequestGate");
        }
        assertThat(connection.isOpen()).isFalse();
    }
}
