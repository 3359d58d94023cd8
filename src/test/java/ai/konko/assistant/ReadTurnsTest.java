package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.konko.chat.Owner;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real connections, on which more has come than is read at once. Each server sends one byte, as a
 * handshake would be, and all else when the client has read that and has a {@link
 * ReadTurns.Reader}, or had one before.
 */
class ReadTurnsTest {
    /**
     * As much as the machine takes in of a connection before anybody reads: some are read whole.
     */
    private static final int LENGTH = 2048 + 3 * ReadTurns.AT_ONCE;

    private static final Owner ONE = new Owner("one");
    private static final Owner OTHER = new Owner("other");

    private final EventLoopGroup servers = new NioEventLoopGroup(1);
    private final List<ChannelHandlerContext> accepted = new CopyOnWriteArrayList<>();
    private final List<Read> reads = new ArrayList<>();
    private EventLoopGroup group = servers;
    private int round;
    private int mostWaiting;

    /** What the service may run on. */
    enum Transport {
        NIO(NioEventLoopGroup::new, NioSocketChannel.class, 1),
        /** What is resumed may be read once for its event and once because more was there. */
        EPOLL(EpollEventLoopGroup::new, EpollSocketChannel.class, 2);

        private final IntFunction<EventLoopGroup> groups;
        private final Class<? extends Channel> channels;
        private final int mostInARound;

        Transport(
                IntFunction<EventLoopGroup> groups,
                Class<? extends Channel> channels,
                int mostInARound) {
            this.groups = groups;
            this.channels = channels;
            this.mostInARound = mostInARound;
        }
    }

    /** One read from one connection. */
    private record Read(int round, Owner owner, Channel channel, int bytes) {
        boolean whole() {
            return bytes >= ReadTurns.AT_ONCE;
        }
    }

    @AfterEach
    void stop() {
        Future<?> _ = group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        Future<?> _ = servers.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void reader_onWhoseConnectionMuchHasCome_isOneInARound(Transport transport) throws Exception {
        read(transport, IntStream.range(0, 10).mapToObj(_ -> ONE).toList(), true);

        List<Read> whole = reads.stream().filter(Read::whole).toList();
        List<Read> inTurn = whole.subList(10, whole.size()); // of each the first comes unasked
        Map<Integer, Integer> ofRound = new HashMap<>();
        inTurn.forEach(each -> ofRound.merge(each.round(), 1, Integer::sum));
        assertThat(inTurn).hasSize(20);
        assertThat(ofRound.values()).allMatch(most -> most <= transport.mostInARound);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void reader_ofAnOwnerWithFewConnections_readsAsOftenAsThatOfOneWithMany(Transport transport)
            throws Exception {
        List<Owner> owners = new ArrayList<>(IntStream.range(0, 9).mapToObj(_ -> ONE).toList());
        owners.add(OTHER);

        read(transport, owners, true);

        List<Owner> whole = reads.stream().filter(Read::whole).map(Read::owner).toList();
        assertThat(whole).hasSize(30);
        assertThat(whole.subList(0, 16)).filteredOn(OTHER::equals).hasSize(3);
    }

    /** As where a handshake comes first: such a connection keeps the buffers that it has. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    void reader_ofAConnectionThatWasReadBefore_readsOnceAtATime(Transport transport)
            throws Exception {
        read(transport, IntStream.range(0, 10).mapToObj(_ -> ONE).toList(), false);

        Map<String, Integer> ofRound = new HashMap<>();
        reads.forEach(each -> ofRound.merge(each.round() + " " + each.channel(), 1, Integer::sum));
        assertThat(reads).hasSizeGreaterThan(20);
        assertThat(ofRound.values()).allMatch(most -> most <= transport.mostInARound);
    }

    /**
     * Has all that a server sends on a connection for each of them, once all of it has come.
     *
     * @param early whether the reader is there before anything is read
     */
    private void read(Transport transport, List<Owner> owners, boolean early) throws Exception {
        assumeTrue(transport == Transport.NIO || Epoll.isAvailable());
        group = transport.groups.apply(1);
        SingleThreadEventLoop loop = (SingleThreadEventLoop) group.next();
        ReadTurns turns = new ReadTurns(loop);
        SocketAddress address = serve();
        List<CompletableFuture<Integer>> all = new ArrayList<>();
        List<Channel> channels = new ArrayList<>();
        CountDownLatch shaken = new CountDownLatch(owners.size());
        for (Owner owner : owners) {
            Reading reading = new Reading(owner, shaken);
            all.add(reading.length);
            ReadTurns.Reader reader = turns.new Reader(owner);
            reading.later = early ? null : reader;
            Bootstrap client = new Bootstrap().group(loop).channel(transport.channels);
            channels.add(
                    client.handler(early ? both(reader, reading) : reading)
                            .connect(address)
                            .sync()
                            .channel());
        }
        shaken.await();
        sendAll();
        loop.submit(() -> countRounds(loop, turns)).sync();
        loop.submit(() -> channels.forEach(each -> each.config().setAutoRead(true))).sync();
        for (CompletableFuture<Integer> length : all) {
            assertThat(length.get(30, TimeUnit.SECONDS)).isEqualTo(LENGTH);
        }
        await().until(() -> loop.submit(turns::waiting).get() == 0);
        assertThat(mostWaiting).isLessThanOrEqualTo(owners.size());
    }

    private static ChannelInitializer<Channel> both(ChannelHandler one, ChannelHandler other) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(one, other);
            }
        };
    }

    private void countRounds(SingleThreadEventLoop loop, ReadTurns turns) {
        round++;
        mostWaiting = Math.max(mostWaiting, turns.waiting());
        loop.executeAfterEventLoopIteration(() -> loop.execute(() -> countRounds(loop, turns)));
    }

    /** Takes the first byte, and waits with the rest until it is told to read on. */
    private final class Reading extends ChannelInboundHandlerAdapter {
        private final CompletableFuture<Integer> length = new CompletableFuture<>();
        private final Owner owner;
        private final CountDownLatch shaken;
        private volatile ReadTurns.@Nullable Reader later;
        private int come = -1;

        private Reading(Owner owner, CountDownLatch shaken) {
            this.owner = owner;
            this.shaken = shaken;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object part) {
            int bytes = ((ByteBuf) part).readableBytes();
            ReferenceCountUtil.release(part);
            if (come < 0) {
                assertThat(bytes).isEqualTo(1);
                come = 0;
                context.channel().config().setAutoRead(false);
                if (later != null) {
                    context.pipeline().addFirst(later);
                }
                shaken.countDown();
                return;
            }
            reads.add(new Read(round, owner, context.channel(), bytes));
            come += bytes;
            if (come >= LENGTH) {
                length.complete(come);
            }
        }
    }

    private void sendAll() throws InterruptedException {
        for (ChannelHandlerContext each : accepted) {
            ChannelFuture _ = each.writeAndFlush(Unpooled.wrappedBuffer(new byte[LENGTH])).sync();
        }
    }

    private SocketAddress serve() throws InterruptedException {
        return new ServerBootstrap()
                .group(servers)
                .channel(NioServerSocketChannel.class)
                .childHandler(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelActive(ChannelHandlerContext context) {
                                accepted.add(context);
                                ChannelFuture _ =
                                        context.writeAndFlush(
                                                Unpooled.wrappedBuffer(new byte[] {0}));
                            }

                            @Override
                            public boolean isSharable() {
                                return true;
                            }
                        })
                .bind("127.0.0.1", 0)
                .sync()
                .channel()
                .localAddress();
    }
}
