/** Many adapters of different methods on one base model. */
@NullMarked
package org.peft4j.examples.switchboard;

import org.jspecify.annotations.NullMarked;
