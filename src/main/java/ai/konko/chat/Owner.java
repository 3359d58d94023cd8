package ai.konko.chat;

/**
 * Whose a chat is. For everybody else it does not exist.
 *
 * @param name 1 to 512 characters; who it stands for is the business of those who let callers in
 */
public record Owner(String name) {
    /** Everybody, where nobody has to say who they are. */
    public static final Owner ANONYMOUS = new Owner("anonymous");

    /** In UTF-16 units. */
    public static final int LONGEST_NAME = 512;

    public Owner {
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            throw new IllegalArgumentException("an owner's name has 1 to 512 characters");
        }
    }
}
