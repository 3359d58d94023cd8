package ai.konko.chat;

/** What happens to a post while an earlier turn of its chat is unfinished. */
public enum WhenBusy {
    /** It waits in line. */
    ENQUEUE,
    /** It is refused with {@link ErrorCode#CHAT_BUSY}. */
    REJECT,
    /** What runs and what waits is cancelled, then it runs. */
    INTERRUPT
}
