package ai.konko.assistant;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/**
 * Skips answers with a status of 1xx, which a server may send before the final one (RFC 9110,
 * 15.2). Vert.x takes most of them for the final one.
 */
final class InterimAnswers extends ChannelInboundHandlerAdapter {
    private boolean interim;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpResponse response) {
            interim =
                    response.status().codeClass() == HttpStatusClass.INFORMATIONAL
                            && response.status().code()
                                    != HttpResponseStatus.SWITCHING_PROTOCOLS.code();
        }
        if (!interim || !(message instanceof HttpObject)) {
            context.fireChannelRead(message);
            return;
        }
        if (message instanceof LastHttpContent) {
            interim = false;
        }
        ReferenceCountUtil.release(message);
    }
}
