/** What the tests of all method modules share: small networks, and the promises to users. */
@NullMarked
package org.peft4j.testing;

import org.jspecify.annotations.NullMarked;
