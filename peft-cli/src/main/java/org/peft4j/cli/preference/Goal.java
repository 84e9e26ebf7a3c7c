package org.peft4j.cli.preference;

import java.util.Locale;

/** What is trained for, by what is typed for {@code --objective}. */
enum Goal {
  SFT(0),
  DPO(0.1),
  ORPO(0.1),
  SIMPO(2),
  CPO(0.1),
  KTO(0.1),
  REWARD(0);

  private final double beta;

  Goal(double beta) {
    this.beta = beta;
  }

  /** β without {@code --beta}; 0 where there is none. */
  double beta() {
    return beta;
  }

  /** Whether it compares the model with a reference. */
  boolean compares() {
    return this == DPO || this == KTO;
  }

  /** As it is typed. */
  String typed() {
    return name().toLowerCase(Locale.ROOT);
  }
}
