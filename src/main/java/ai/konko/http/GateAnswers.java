package ai.konko.http;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;

/** Tells a connection's gate when answers begin and end, in HTTP/1. */
final class GateAnswers extends ChannelOutboundHandlerAdapter {
    private static final int SWITCHING_PROTOCOLS = 101;
    private static final int OK = 200;

    private final RequestGate gate;

    GateAnswers(RequestGate gate) {
        this.gate = gate;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        int status = message instanceof HttpResponse answer ? answer.status().code() : 0;
        boolean interim = status > 0 && status < OK;
        if (status >= OK) {
            gate.answerBegins();
        }
        ChannelFuture _ = context.write(message, promise);
        if (status == SWITCHING_PROTOCOLS) {
            gate.upgraded(context.pipeline().context(gate));
        } else if (message instanceof LastHttpContent && !interim) {
            gate.answerEnds(context.pipeline().context(gate));
        }
    }
}
