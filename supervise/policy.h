/* What the files of the service directory ask of the machine.
 *
 * Owns the meaning of each file's text and its default; nothing is decided here. */
#ifndef POLICY_H
#define POLICY_H

#include "supervise/service.h"

/* Reads every file anew into service->policy; a file that is gone means its default again. */
void policy_read(struct service *service);

#endif
