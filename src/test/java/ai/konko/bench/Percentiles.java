package ai.konko.bench;

/** Times, counted in steps of ten microseconds up to ten seconds. */
public final class Percentiles {
    private static final int STEP_MICROS = 10;

    private final int[] counts = new int[1_000_000];
    private long total;

    public void add(long micros) {
        counts[Math.clamp(micros / STEP_MICROS, 0, counts.length - 1)]++;
        total++;
    }

    public long total() {
        return total;
    }

    public double millis(int percentile) {
        long rank = Math.ceilDiv(total * percentile, 100);
        int step = 0;
        for (long seen = counts[0]; seen < rank; seen += counts[step]) {
            step++;
        }
        return (step + 1) * STEP_MICROS / 1e3;
    }
}
