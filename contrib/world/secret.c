#include "world/secret.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/require.h"

static int sextet(char c)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(letters, c);

	return at == NULL ? -1 : (int)(at - letters);
}

char *world_base64_read(const char *text, size_t size, size_t *made)
{
	char *out = mem_zalloc(size / 4 * 3 + 4);
	size_t count = 0, padding = 0, letters = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < size; i++) {
		if (strchr(" \r\n\t", text[i]) != NULL && text[i] != '\0')
			continue;
		int value = text[i] == '=' ? 0 : sextet(text[i]);
		padding += text[i] == '=';
		if (value < 0 || (padding > 0 && text[i] != '=') || padding > 2) {
			free(out);
			return NULL;
		}
		bits = bits << 6 | (uint32_t)value;
		if (++letters % 4 == 0) {
			out[count++] = (char)(bits >> 16 & 255);
			out[count++] = (char)(bits >> 8 & 255);
			out[count++] = (char)(bits & 255);
			bits = 0;
		}
	}
	if (letters % 4 != 0) {
		free(out);
		return NULL;
	}
	*made = count - padding;
	out[*made] = '\0';
	return out;
}

void world_md5(const char *bytes, size_t size, char out[33])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	REQUIRE(EVP_Digest(bytes, size, sum, &length, EVP_md5(), NULL) == 1 && length == 16);
	for (unsigned int i = 0; i < 16; i++) {
		out[i * 2] = digits[sum[i] >> 4];
		out[i * 2 + 1] = digits[sum[i] & 15];
	}
	out[32] = '\0';
}
