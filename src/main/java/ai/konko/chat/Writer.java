package ai.konko.chat;

import java.net.URI;
import java.util.UUID;

/**
 * Another process that runs a reply, and can be asked for what it writes.
 *
 * @param replica its id
 * @param asking the id of this process
 */
public record Writer(UUID replica, URI address, UUID asking, Pair pair) {}
