/** What a UNet learns from: pictures with noise, and the objective of predicting it. */
@NullMarked
package org.peft4j.diffusion.training;

import org.jspecify.annotations.NullMarked;
