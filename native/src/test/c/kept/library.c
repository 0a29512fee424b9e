#include "library.h"

int answer(void)
{
    return ANSWER;
}
