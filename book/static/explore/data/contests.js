/* hit@10 of five models against the whole catalogue, 99 uniform and 99 popular rivals: [mean, low, high].
   Written by tools/explore.py. Seeds: ALS and BPR 0, 1, 2, 3, 4, rivals 1, 2, bootstrap 0. Versions: numpy 2.4.6, scipy 1.17.1.
   Derived from MovieLens ratings, collected by GroupLens at the University of Minnesota (Harper & Konstan 2015,
   https://doi.org/10.1145/2827872): for research, with this citation, under these same conditions, and not for
   commercial use without their permission. GroupLens does not endorse this book. The LICENSE of the book says more. */
(window.exploreData ??= {}).contests = {"users":647,"contests":["catalogue","99 uniform","99 popular"],"models":{"ItemKNN":[[0.0901,0.0778,0.1032],[0.6295,0.6067,0.6514],[0.314,0.2929,0.3357]],"ALS":[[0.0933,0.081,0.1061],[0.7131,0.6921,0.7333],[0.367,0.345,0.3894]],"EASE":[[0.0956,0.0828,0.1085],[0.7032,0.6825,0.7238],[0.3606,0.339,0.383]],"BPR, uniform":[[0.081,0.07,0.0924],[0.7687,0.7497,0.7868],[0.3169,0.2964,0.338]],"BPR, popular":[[0.076,0.0657,0.0871],[0.7097,0.6891,0.7297],[0.4306,0.41,0.4512]]}};
