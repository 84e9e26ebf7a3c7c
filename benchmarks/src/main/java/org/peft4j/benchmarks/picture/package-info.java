/** Training steps of models of pictures. */
@NullMarked
package org.peft4j.benchmarks.picture;

import org.jspecify.annotations.NullMarked;
