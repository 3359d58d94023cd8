package ai.konko.store.memory;

import ai.konko.chat.ChatRepository.UsageQuery;
import ai.konko.chat.DailyUsage;
import ai.konko.chat.Owner;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Usage by owner, model and day. Not safe for use by several threads. */
final class UsageLedger {
    private final NavigableMap<Account, DailyUsage> accounts = new TreeMap<>();

    /** In its natural order, because Lincheck can't look into a comparator of Java's own. */
    private record Account(LocalDate day, Owner owner, String model)
            implements Comparable<Account> {
        @Override
        public int compareTo(Account other) {
            int byDay = day.compareTo(other.day);
            int byOwner = byDay != 0 ? byDay : owner.name().compareTo(other.owner.name());
            return byOwner != 0 ? byOwner : model.compareTo(other.model);
        }

        boolean isOfSameDay(Account other) {
            return day.equals(other.day) && owner.equals(other.owner);
        }
    }

    void add(DailyUsage used) {
        Account account = account(used);
        DailyUsage counted =
                accounts.containsKey(account) || hasRoom(account) ? used : used.ofOther();
        accounts.merge(account(counted), counted, DailyUsage::plus);
    }

    private static Account account(DailyUsage used) {
        return new Account(used.day(), used.owner(), used.model());
    }

    /** Only for a model that is new to its owner's day. */
    private boolean hasRoom(Account account) {
        Account first = new Account(account.day(), account.owner(), "");
        return accounts.tailMap(first).keySet().stream()
                        .limit(DailyUsage.MOST_MODELS)
                        .takeWhile(each -> each.isOfSameDay(account))
                        .count()
                < DailyUsage.MOST_MODELS;
    }

    void add(Collection<DailyUsage> used) {
        used.forEach(this::add);
    }

    /** By day, owner and model. */
    List<DailyUsage> all() {
        return List.copyOf(accounts.values());
    }

    List<DailyUsage> find(UsageQuery query, int most) {
        return accounts.values().stream()
                .filter(each -> query.owner() == null || query.owner().equals(each.owner()))
                .filter(each -> !each.day().isBefore(query.from()))
                .filter(each -> !each.day().isAfter(query.to()))
                .limit(most)
                .toList();
    }
}
