package org.peft4j.train.parallel;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How two workers make sure of each other: each answers the other's random number with its HMAC
 * under the secret. Nobody who listens learns the secret, or can use the answer again.
 */
final class Handshake {
  private static final int BYTES = 32;
  private static final int SHORTEST_SECRET = 16;
  private static final String ALGORITHM = "HmacSHA256";

  private final byte[] secret;

  Handshake(byte[] secret) {
    if (secret.length < SHORTEST_SECRET) {
      throw new IllegalArgumentException(
          "The secret has "
              + secret.length
              + " bytes; allowed: "
              + SHORTEST_SECRET
              + " and above.");
    }
    this.secret = secret.clone();
  }

  /**
   * Whether the other side is a worker that knows the secret.
   *
   * @param caller whether this side has connected to the other
   * @param from the rank of the side that has connected
   */
  boolean succeeds(DataInputStream in, DataOutputStream out, boolean caller, int from)
      throws IOException {
    byte[] own = new byte[BYTES];
    new SecureRandom().nextBytes(own);
    out.write(own);
    out.flush();
    byte[] theirs = in.readNBytes(BYTES);
    out.write(answer(theirs, caller, from));
    out.flush();
    byte[] answer = in.readNBytes(BYTES);
    return theirs.length == BYTES && MessageDigest.isEqual(answer, answer(own, !caller, from));
  }

  private byte[] answer(byte[] number, boolean caller, int from) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret, ALGORITHM));
      mac.update((caller ? "peft4j caller" : "peft4j called").getBytes(StandardCharsets.UTF_8));
      mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(from).array());
      return mac.doFinal(number);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // Every JVM has it.
    }
  }
}
