/* A PKCS#11 module in front of another, which does as it is told by the variable PROXY: faults that no good token has, and mechanisms
 * that SoftHSM lacks. Words are separated by blanks:
 *
 *   MODULE=PATH          the module behind it
 *   LOG=FILE             each call is written there, a line each
 *   ENVIRON=FILE         the variables of the process are written there
 *   print                prints on standard output and standard input's descriptor
 *   crash=C_X exit=C_X hang=C_X stop=C_X      in that call
 *   refuse=C_X:VALUE     that call answers with a value
 *   flags=VALUE          more flags of the token, as CKF_USER_PIN_LOCKED
 *   trusted              every key has CKA_WRAP_WITH_TRUSTED
 *   as=NEW:OLD           mechanism NEW is what the module has as OLD
 *   without=OLD          the module has no mechanism OLD
 *   rsa_aes              CKM_RSA_AES_KEY_WRAP, made of CKM_RSA_PKCS_OAEP and CKM_AES_KEY_WRAP_PAD
 *   flip=NUMBER          one bit of what mechanism NUMBER wraps is wrong
 *
 * The list of functions is that of PKCS#11 2.40: a version and 68 pointers. Every function takes at most eight arguments of a word, so
 * that one type does for all of them.
 */

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long word;
typedef word (*function)(word, word, word, word, word, word, word, word);

struct list {
	unsigned char version[2];
	function functions[68];
};

struct mechanism {
	word type;
	void *parameter;
	word length;
};

struct attribute {
	word type;
	void *value;
	word length;
};

struct rsa_aes {
	word bits;
	void *oaep;
};

static struct list *real, ours;
extern char **environ;

enum { INITIALIZE = 0, GET_TOKEN_INFO = 6, GET_MECHANISM_INFO = 8, GET_ATTRIBUTE_VALUE = 24, GENERATE_KEY = 58, WRAP_KEY = 60 };

/* The value of a word of PROXY. */
static const char *told(const char *name)
{
	static char value[512];
	const char *all = getenv("PROXY");
	size_t length = strlen(name);
	for (; all && *all; all += strcspn(all, " ")) {
		all += strspn(all, " ");
		if (strncmp(all, name, length) == 0 && (all[length] == '=' || all[length] == ' ' || all[length] == 0)) {
			const char *from = all + length + (all[length] == '=');
			snprintf(value, sizeof value, "%.*s", (int)strcspn(from, " "), from);
			return value;
		}
	}
	return NULL;
}

static int is_told(const char *name, const char *call)
{
	const char *value = told(name);
	return value && strcmp(value, call) == 0;
}

static void before(const char *call)
{
	const char *log = told("LOG");
	if (log) {
		FILE *file = fopen(log, "a");
		fprintf(file, "%s\n", call);
		fclose(file);
	}
	if (is_told("crash", call))
		*(volatile char *)1 = 0;
	if (is_told("exit", call))
		_exit(7);
	if (is_told("stop", call))
		raise(SIGSTOP);
	while (is_told("hang", call))
		sleep(1);
}

/* The mechanism that the module has under another number. */
static word renamed(word type)
{
	const char *value = told("as");
	word new, old;
	return value && sscanf(value, "%lx:%lx", &new, &old) == 2 && new == type ? old : type;
}

static int is_without(word type)
{
	const char *value = told("without");
	return value && strtoul(value, NULL, 16) == type;
}

static word forward(int number, const char *call, word a, word b, word c, word d, word e, word f, word g, word h)
{
	const char *refused;
	size_t length = strlen(call);
	before(call);
	refused = told("refuse");
	if (refused && strncmp(refused, call, length) == 0 && refused[length] == ':')
		return strtoul(refused + length + 1, NULL, 16);
	return real->functions[number](a, b, c, d, e, f, g, h);
}

#define FORWARD(number, name) \
	static word name(word a, word b, word c, word d, word e, word f, word g, word h) \
	{ \
		return forward(number, #name, a, b, c, d, e, f, g, h); \
	}

FORWARD(0, C_Initialize)
FORWARD(1, C_Finalize)
FORWARD(12, C_OpenSession)
FORWARD(18, C_Login)
FORWARD(20, C_CreateObject)
FORWARD(26, C_FindObjectsInit)
FORWARD(42, C_SignInit)
FORWARD(43, C_Sign)
FORWARD(58, C_GenerateKey)
FORWARD(59, C_GenerateKeyPair)

static word C_GetTokenInfo(word slot, word info, word c, word d, word e, word f, word g, word h)
{
	word answer = forward(GET_TOKEN_INFO, "C_GetTokenInfo", slot, info, c, d, e, f, g, h);
	const char *flags = told("flags");
	if (answer == 0 && flags)
		*(word *)(info + 96) |= strtoul(flags, NULL, 16);
	return answer;
}

static word C_GetMechanismInfo(word slot, word type, word info, word d, word e, word f, word g, word h)
{
	if (is_without(type))
		return 0x70;
	if (type == 0x1054 && told("rsa_aes")) {
		word rsa[3] = { 2048, 4096, 0x20000 };
		memcpy((void *)info, rsa, sizeof rsa);
		return 0;
	}
	return forward(GET_MECHANISM_INFO, "C_GetMechanismInfo", slot, renamed(type), info, d, e, f, g, h);
}

static word C_GetAttributeValue(word session, word object, word attributes, word count, word e, word f, word g, word h)
{
	struct attribute *first = (struct attribute *)attributes;
	if (count == 1 && first->type == 0x210 && told("trusted")) {
		if (first->value)
			*(unsigned char *)first->value = 1;
		first->length = 1;
		return 0;
	}
	return forward(GET_ATTRIBUTE_VALUE, "C_GetAttributeValue", session, object, attributes, count, e, f, g, h);
}

/* Both steps, as a token does them that has the mechanism. */
static word rsa_aes(word session, struct mechanism *mechanism, word wrapping, word key, unsigned char *out, word *length)
{
	struct rsa_aes *parameters = mechanism->parameter;
	struct mechanism generate = { 0x1080, NULL, 0 }, oaep = { 0x9, parameters->oaep, 40 }, wrap = { 0x210a, NULL, 0 };
	word class = 4, type = 0x1f, size = parameters->bits / 8, ephemeral, first = 512, second = 8192, answer;
	unsigned char yes = 1, no = 0, buffer[8192 + 512];
	struct attribute template[] = {
		{ 0x0, &class, sizeof class }, { 0x100, &type, sizeof type }, { 0x161, &size, sizeof size },
		{ 0x1, &no, 1 }, { 0x162, &yes, 1 }, { 0x106, &yes, 1 },
	};
	if (mechanism->length != sizeof *parameters || parameters->bits != 256)
		return 0x71;
	answer = real->functions[GENERATE_KEY](session, (word)&generate, (word)template, 6, (word)&ephemeral, 0, 0, 0);
	if (answer)
		return answer;
	answer = real->functions[WRAP_KEY](session, (word)&oaep, wrapping, ephemeral, (word)buffer, (word)&first, 0, 0);
	if (answer)
		return answer;
	answer = real->functions[WRAP_KEY](session, (word)&wrap, ephemeral, key, (word)(buffer + first), (word)&second, 0, 0);
	if (answer)
		return answer;
	if (out)
		memcpy(out, buffer, first + second);
	*length = first + second;
	return 0;
}

static word C_WrapKey(word session, word mechanism, word wrapping, word key, word out, word length, word g, word h)
{
	struct mechanism asked = *(struct mechanism *)mechanism;
	word number = asked.type, answer;
	const char *flip;
	if (is_without(number))
		return 0x70;
	before("C_WrapKey");
	if (number == 0x1054 && told("rsa_aes")) {
		answer = rsa_aes(session, &asked, wrapping, key, (unsigned char *)out, (word *)length);
	} else {
		asked.type = renamed(number);
		answer = forward(WRAP_KEY, "", session, (word)&asked, wrapping, key, out, length, g, h);
	}
	flip = told("flip");
	if (answer == 0 && out && flip && strtoul(flip, NULL, 16) == number)
		*(unsigned char *)out ^= 1;
	if (answer == 0 && out) {
		const char *log = told("LOG");
		if (log) {
			FILE *file = fopen(log, "a");
			fprintf(file, "wrapped by %#lx\n", number);
			fclose(file);
		}
	}
	return answer;
}

static void load(void)
{
	const char *file = told("ENVIRON");
	char **variable;
	void *module;
	word (*get)(struct list **);
	if (file) {
		FILE *out = fopen(file, "w");
		fprintf(out, "group of its own: %d\n", getpgrp() == getpid());
		for (variable = environ; *variable; variable++)
			fprintf(out, "%.*s\n", (int)strcspn(*variable, "="), *variable);
		fclose(out);
	}
	if (told("print")) {
		char byte;
		printf("the module says hello\n");
		fflush(stdout);
		printf("its input %s\n", read(0, &byte, 1) == 0 ? "is empty" : "has something");
		fflush(stdout);
	}
	module = dlopen(told("MODULE"), RTLD_NOW);
	if (!module)
		return;
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	get(&real);
	ours = *real;
	ours.functions[0] = C_Initialize;
	ours.functions[1] = C_Finalize;
	ours.functions[6] = C_GetTokenInfo;
	ours.functions[8] = C_GetMechanismInfo;
	ours.functions[12] = C_OpenSession;
	ours.functions[18] = C_Login;
	ours.functions[20] = C_CreateObject;
	ours.functions[24] = C_GetAttributeValue;
	ours.functions[26] = C_FindObjectsInit;
	ours.functions[42] = C_SignInit;
	ours.functions[43] = C_Sign;
	ours.functions[58] = C_GenerateKey;
	ours.functions[59] = C_GenerateKeyPair;
	ours.functions[60] = C_WrapKey;
}

word C_GetFunctionList(struct list **list)
{
	if (!real)
		load();
	*list = &ours;
	return real ? 0 : 5;
}
