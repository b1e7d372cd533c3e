/* hit@10 of five models against the whole catalogue, 99 uniform and 99 popular rivals: [mean, low, high].
   Written by tools/explore.py. Seeds: ALS 0, BPR 0, 1, 2, 3, 4, rivals 1, 2, bootstrap 0. Versions: numpy 2.4.6, scipy 1.17.1.
   Derived from MovieLens ratings, collected by GroupLens at the University of Minnesota (Harper & Konstan 2015,
   https://doi.org/10.1145/2827872): for research, with this citation, under these same conditions, and not for
   commercial use without their permission. GroupLens does not endorse this book. The LICENSE of the book says more. */
(window.exploreData ??= {}).contests = {"users":647,"contests":["catalogue","99 uniform","99 popular"],"models":{"ItemKNN":[[0.0901,0.0778,0.1032],[0.6295,0.6067,0.6514],[0.314,0.2929,0.3357]],"ALS":[[0.0926,0.0803,0.1056],[0.7068,0.6854,0.7277],[0.3677,0.3454,0.3902]],"EASE":[[0.0956,0.0828,0.1085],[0.7032,0.6825,0.7238],[0.3606,0.339,0.383]],"BPR, uniform":[[0.0778,0.0674,0.0888],[0.7569,0.7379,0.7752],[0.3143,0.2946,0.3342]],"BPR, popular":[[0.0695,0.0608,0.079],[0.715,0.6954,0.7336],[0.4191,0.399,0.439]]}};
