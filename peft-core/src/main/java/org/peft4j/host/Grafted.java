package org.peft4j.host;

import org.peft4j.module.LayerGrafts;

/** A layer or vertex of a wrapped network that carries adapters. */
interface Grafted {
  /** What is grafted on it. */
  LayerGrafts grafts();

  /** Frees native memory of its own. */
  void close();
}
