package ai.konko.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import ai.konko.chat.Draft;
import ai.konko.chat.DraftContent;
import ai.konko.chat.Item;
import ai.konko.chat.Item.Call;
import ai.konko.chat.Item.Reasoning;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records what is written, a line for each step, and checks that items do not overlap. */
final class RecordedDraft implements Draft {
    final List<String> lines = new ArrayList<>();
    final DraftContent content = new DraftContent();
    private @Nullable Item underWay;

    @Override
    public void text(String piece) {
        assertThat(underWay).isNull();
        lines.add(piece);
        content.text(piece);
    }

    @Override
    public void begin(Item item) {
        assertThat(underWay).isNull();
        assertThat(item.offset()).isEqualTo(content.text().length());
        underWay = item;
        lines.add(
                item instanceof Call call
                        ? "begin %s %s%s".formatted(call.callId(), call.tool(), call.arguments())
                        : "begin reasoning");
        content.begin(item);
    }

    @Override
    public void reasoning(String piece) {
        assertThat(underWay).isInstanceOf(Reasoning.class);
        lines.add("~" + piece);
        content.reasoning(piece);
    }

    @Override
    public void whole(Item item) {
        assertThat(underWay).isNotNull().hasSameClassAs(item);
        assertThat(item.offset()).isEqualTo(underWay.offset());
        underWay = null;
        lines.add(
                "whole "
                        + switch (item) {
                            case Call call -> call.callId() + " " + call.arguments();
                            case Reasoning all -> all.text();
                            default -> throw new AssertionError(item);
                        });
        content.whole(item);
    }

    /** What there is in the end. */
    List<String> items() {
        return content.items().stream()
                .map(
                        item ->
                                switch (item) {
                                    case Call call ->
                                            "%d %s %s %s"
                                                    .formatted(
                                                            call.offset(),
                                                            call.callId(),
                                                            call.tool(),
                                                            call.arguments());
                                    case Reasoning all -> all.offset() + " ~" + all.text();
                                    default -> throw new AssertionError(item);
                                })
                .toList();
    }
}
