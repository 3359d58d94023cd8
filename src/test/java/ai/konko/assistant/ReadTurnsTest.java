package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Owner;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real connections, on which more has come than is read at once. */
class ReadTurnsTest {
    /**
     * As much as the machine takes in of a connection before anybody reads: some are read whole.
     */
    private static final int LENGTH = 2048 + 3 * ReadTurns.AT_ONCE;

    private static final Owner ONE = new Owner("one");
    private static final Owner OTHER = new Owner("other");

    private final EventLoopGroup servers = new NioEventLoopGroup(1);
    private final EventLoopGroup group = new NioEventLoopGroup(1);
    private final SingleThreadEventLoop loop = (SingleThreadEventLoop) group.next();
    private final ReadTurns turns = new ReadTurns(loop);
    private final List<Read> reads = new ArrayList<>();
    private int round;

    private record Read(int round, Owner owner, int bytes) {}

    @AfterEach
    void stop() {
        Future<?> _ = group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        Future<?> _ = servers.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void reader_onWhoseConnectionMuchHasCome_readsOncePerRound() throws Exception {
        read(IntStream.range(0, 10).mapToObj(_ -> ONE).toList());

        List<Read> whole =
                reads.stream().filter(each -> each.bytes() == ReadTurns.AT_ONCE).toList();
        List<Read> inTurn = whole.subList(10, whole.size()); // of each the first comes unasked
        Set<Integer> rounds = new HashSet<>();
        inTurn.forEach(each -> rounds.add(each.round()));
        assertThat(inTurn).hasSize(20);
        assertThat(rounds).hasSameSizeAs(inTurn);
    }

    @Test
    void reader_ofAnOwnerWithFewConnections_readsAsOftenAsThatOfOneWithMany() throws Exception {
        List<Owner> owners = new ArrayList<>(IntStream.range(0, 9).mapToObj(_ -> ONE).toList());
        owners.add(OTHER);

        read(owners);

        List<Owner> whole =
                reads.stream()
                        .filter(each -> each.bytes() == ReadTurns.AT_ONCE)
                        .map(Read::owner)
                        .toList();
        assertThat(whole).hasSize(30);
        assertThat(whole.subList(0, 16)).filteredOn(OTHER::equals).hasSize(3);
    }

    /** Has all that a server sends on a connection for each of them, once all of it has come. */
    private void read(List<Owner> owners) throws Exception {
        CountDownLatch sent = new CountDownLatch(owners.size());
        SocketAddress address = serve(sent);
        loop.submit(this::countRounds).sync();
        List<CompletableFuture<Integer>> all = new ArrayList<>();
        List<Channel> channels = new ArrayList<>();
        for (Owner owner : owners) {
            CompletableFuture<Integer> length = new CompletableFuture<>();
            all.add(length);
            channels.add(
                    new Bootstrap()
                            .group(loop)
                            .channel(NioSocketChannel.class)
                            .option(ChannelOption.AUTO_READ, false)
                            .handler(reading(owner, length))
                            .connect(address)
                            .sync()
                            .channel());
        }
        sent.await();
        loop.submit(() -> channels.forEach(each -> each.config().setAutoRead(true))).sync();
        for (CompletableFuture<Integer> length : all) {
            assertThat(length.get(30, TimeUnit.SECONDS)).isEqualTo(LENGTH);
        }
    }

    private void countRounds() {
        round++;
        loop.executeAfterEventLoopIteration(() -> loop.execute(this::countRounds));
    }

    private ChannelInitializer<Channel> reading(Owner owner, CompletableFuture<Integer> length) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(turns.new Reader(owner))
                        .addLast(
                                new ChannelInboundHandlerAdapter() {
                                    private int come;

                                    @Override
                                    public void channelRead(ChannelHandlerContext c, Object part) {
                                        int bytes = ((ByteBuf) part).readableBytes();
                                        reads.add(new Read(round, owner, bytes));
                                        come += bytes;
                                        ReferenceCountUtil.release(part);
                                    }

                                    @Override
                                    public void channelInactive(ChannelHandlerContext c) {
                                        length.complete(come);
                                    }
                                });
            }
        };
    }

    private SocketAddress serve(CountDownLatch sent) throws InterruptedException {
        return new ServerBootstrap()
                .group(servers)
                .channel(NioServerSocketChannel.class)
                .childHandler(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelActive(ChannelHandlerContext context) {
                                ChannelFuture _ =
                                        context.writeAndFlush(
                                                        Unpooled.wrappedBuffer(new byte[LENGTH]))
                                                .addListener(ChannelFutureListener.CLOSE)
                                                .addListener(_ -> sent.countDown());
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
