package org.peft4j.transformers.internal.weights;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.peft4j.error.PeftException;
import org.peft4j.site.SiteParameter;

/**
 * Groups of weights that stay in their mapped file. The pages of the group that will follow are
 * read ahead; those of a group that has been used are given back, so that one group's are in this
 * process's memory, and the first groups' where some are kept. The system may keep others for as
 * long as nobody needs the memory.
 *
 * <p>The first groups are kept and no others: so each pass, forward or back, reads the same rest,
 * and never a group that it gave back in favour of a later one.
 */
public final class OffloadedWeights implements WeightPages {
  private final PageAdvice advice;
  private final List<List<ByteBuffer>> groups;
  private final int keptGroups;
  private final long left;

  private OffloadedWeights(PageAdvice advice, List<List<ByteBuffer>> groups, long most) {
    this.advice = advice;
    this.groups = groups;
    long[] sizes =
        groups.stream()
            .mapToLong(group -> group.stream().mapToLong(ByteBuffer::capacity).sum())
            .toArray();
    keptGroups = OffloadedSizes.kept(sizes, most);
    left = keptGroups == sizes.length ? most - Arrays.stream(sizes).sum() : 0;
  }

  /**
   * Groups of weights, none of them in memory.
   *
   * @param groups tensors by checkpoint key
   * @param most bytes of the first groups that are not given back once they were used
   * @param instead what else the user can do, where a matrix is not held as it lies in its file
   * @throws PeftException if one is not, or this system cannot
   */
  public static OffloadedWeights of(
      List<Map<String, SiteParameter>> groups, WeightStore weights, long most, String instead) {
    TreeSet<String> held = new TreeSet<>();
    List<List<ByteBuffer>> pages = groups.stream().map(g -> pages(g, weights, held)).toList();
    if (!held.isEmpty()) {
      throw new PeftException(
          "Weights stay in their file only as they lie there, in safetensors; "
              + held.first()
              + (held.size() > 1 ? " and " + (held.size() - 1) + " more" : "")
              + " would be in memory, as "
              + weights.get(held.first()).format()
              + ". Take the precision that the file has (fp32 of F32, bf16 of BF16) and no"
              + " quantization"
              + instead
              + ".");
    }
    OffloadedWeights offloaded = new OffloadedWeights(PageAdvice.ofSystem(), pages, most);
    pages.forEach(offloaded::giveBack);
    return offloaded;
  }

  private static List<ByteBuffer> pages(
      Map<String, SiteParameter> group, WeightStore weights, TreeSet<String> held) {
    List<ByteBuffer> pages = new ArrayList<>();
    group.forEach(
        (key, parameter) -> {
          List<ByteBuffer> own = weights.pages(key);
          pages.addAll(own);
          if (own.isEmpty() && parameter.shape().size() > 1) {
            held.add(key);
          }
        });
    return pages;
  }

  /** Bytes that groups which follow these may keep: none unless all of these are kept. */
  long left() {
    return left;
  }

  private void giveBack(List<ByteBuffer> pages) {
    pages.forEach(advice::doNotNeed);
  }

  @Override
  public Use use(int group, int next) {
    if (next >= 0 && next < groups.size()) {
      groups.get(next).forEach(advice::willNeed);
    }
    return () -> {
      if (group >= keptGroups) {
        giveBack(groups.get(group));
      }
    };
  }
}
