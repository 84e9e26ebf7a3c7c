package org.peft4j.onednn.internal.vector;

import org.peft4j.kernel.IntegerRows;

/**
 * How rows of integer codes meet the scales of their groups: one scale for each half of a tile
 * where groups have whole halves, else one for each input, which is multiplied first (groups in an
 * order of their own, and odd sizes).
 */
final class GroupScales {
  private static final float[] ONE = {1};

  private final IntegerCodes codes;
  private final int[] ofHalf;
  private final int[] ofPlace;

  GroupScales(IntegerRows weight, IntegerCodes codes) {
    this.codes = codes;
    int columns = (int) weight.columns();
    int half = codes.half();
    boolean whole =
        weight.groups() == 1 || (weight.groupSize() > 0 && weight.groupSize() % half == 0);
    ofHalf = new int[codes.room(columns) / half];
    ofPlace = new int[whole ? 0 : codes.room(columns)];
    for (int part = 0; whole && part < ofHalf.length; part++) {
      ofHalf[part] = weight.group(Math.min(part * half, columns - 1));
    }
    for (int code = 0; !whole && code < columns; code++) {
      ofPlace[codes.place(code)] = weight.group(code);
    }
  }

  /** Memory for {@link #dot}; a thread has its own. */
  float[] memory() {
    return new float[ofPlace.length];
  }

  /**
   * {@code Σ scale·code·x} over a row.
   *
   * @param row whole steps
   * @param scales of the row's groups
   * @param x in order
   * @param scaled overwritten
   */
  float dot(byte[] row, float[] scales, float[] x, float[] scaled) {
    if (scaled.length == 0) {
      return codes.dot(row, scales, ofHalf, x);
    }
    for (int place = 0; place < scaled.length; place++) {
      scaled[place] = scales[ofPlace[place]] * x[place];
    }
    return codes.dot(row, ONE, ofHalf, scaled);
  }
}
