/* A library of which there are two builds: ANSWER is the one's or the other's. */
int answer(void);
