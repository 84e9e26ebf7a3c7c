package org.peft4j.benchmarks.exchange;

/** A network between machines, with what a message waits in it. */
enum Network {
  ETHERNET_1("1 Gbit/s", 1e9 / 8, 1e-4),
  ETHERNET_10("10 Gbit/s", 1e10 / 8, 5e-5),
  ETHERNET_25("25 Gbit/s", 2.5e10 / 8, 3e-5);

  private final String title;
  private final double bytesPerSecond;
  private final double latency;

  Network(String title, double bytesPerSecond, double latency) {
    this.title = title;
    this.bytesPerSecond = bytesPerSecond;
    this.latency = latency;
  }

  String title() {
    return title;
  }

  /**
   * What a sum in a ring takes: {@code 2·(N − 1)/N · bytes / bandwidth + 2·(N − 1) · latency}, the
   * additions left out.
   */
  double seconds(double bytes, int workers) {
    double turns = 2.0 * (workers - 1);
    return turns / workers * bytes / bytesPerSecond + turns * latency;
  }
}
