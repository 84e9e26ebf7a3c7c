package org.peft4j.train.parallel;

import java.nio.ByteBuffer;

/** Numbers that workers add up, as bytes. */
sealed interface Numbers {
  int count();

  /** Bytes of a number. */
  int width();

  void write(int from, int count, ByteBuffer target);

  /** Reads numbers, and adds them to those that are there or puts them in their place. */
  void read(int from, int count, ByteBuffer source, boolean adding);

  /** Numbers in single precision. */
  record Floats(float[] values) implements Numbers {
    @Override
    public int count() {
      return values.length;
    }

    @Override
    public int width() {
      return Float.BYTES;
    }

    @Override
    public void write(int from, int count, ByteBuffer target) {
      target.asFloatBuffer().put(values, from, count);
    }

    @Override
    public void read(int from, int count, ByteBuffer source, boolean adding) {
      for (int i = 0; i < count; i++) {
        float value = source.getFloat(i * Float.BYTES);
        values[from + i] = adding ? values[from + i] + value : value;
      }
    }
  }

  /** Numbers in double precision. */
  record Doubles(double[] values) implements Numbers {
    @Override
    public int count() {
      return values.length;
    }

    @Override
    public int width() {
      return Double.BYTES;
    }

    @Override
    public void write(int from, int count, ByteBuffer target) {
      target.asDoubleBuffer().put(values, from, count);
    }

    @Override
    public void read(int from, int count, ByteBuffer source, boolean adding) {
      for (int i = 0; i < count; i++) {
        double value = source.getDouble(i * Double.BYTES);
        values[from + i] = adding ? values[from + i] + value : value;
      }
    }
  }
}
