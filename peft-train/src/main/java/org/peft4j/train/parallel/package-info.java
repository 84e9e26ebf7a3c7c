/** Several processes that train one adapter together: they exchange gradients, and nothing else. */
@NullMarked
package org.peft4j.train.parallel;

import org.jspecify.annotations.NullMarked;
