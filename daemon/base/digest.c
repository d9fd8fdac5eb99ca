#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/require.h"

static char *hex(const unsigned char *bytes, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * size] = '\0';
	return out;
}

char *digest_sha256(const void *bytes, size_t size, char out[65])
{
	unsigned char sum[32];

	REQUIRE(EVP_Digest(bytes, size, sum, NULL, EVP_sha256(), NULL) == 1);
	return hex(sum, sizeof(sum), out);
}

char *digest_md5(const void *bytes, size_t size, char out[33])
{
	unsigned char sum[16];

	REQUIRE(EVP_Digest(bytes, size, sum, NULL, EVP_md5(), NULL) == 1);
	return hex(sum, sizeof(sum), out);
}

void digest_random(void *bytes, size_t size)
{
	REQUIRE(RAND_bytes(bytes, (int)size) == 1);
}

char *digest_random_hex(char *out, size_t size)
{
	unsigned char bytes[64];

	REQUIRE(size <= sizeof(bytes));
	digest_random(bytes, size);
	return hex(bytes, size, out);
}
