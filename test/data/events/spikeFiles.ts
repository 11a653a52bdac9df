import { gunzipSync } from "node:zlib";

/*
 * Written by h5py 3.7 (libhdf5 1.10), which the published files were made for, and compressed with gzip:
 *
 *   t = f.create_dataset('spikes/times', (5,), dtype=h5py.vlen_dtype(np.dtype(times)), chunks=chunks)
 *   u = f.create_dataset('spikes/units', (5,), dtype=h5py.vlen_dtype(np.dtype('uint16')), chunks=chunks)
 *   for s in range(5):
 *       k = np.arange(0 if s == 3 else 4 + 3 * s)
 *       t[s] = k * (s + 1) / 128
 *       u[s] = (k * 53 * (s + 1)) % 700
 *   f['labels'] = np.array([3, 0, 19, 7, 3], dtype='uint16')
 *   f['extra/speaker'] = np.array([0, 1, 11, 4, 4], dtype='uint16')
 *   f['extra/keys'] = np.array([b'zero', b'one', b'two', b'eins'])
 *   f['extra/meta_info/gender'] = np.array([b'male', b'female'])
 */
export const GOLDEN = {
  "float16, oldest format":
    "H4sIAAAAAAACA+1azU8TQRR/M21hWRWKcECUUIEQxNKWKtgYY2qkysEIUQ7caI2DLf1CWiMaDnsxwRtHLgaPHDl6Mt70aIw3Y8JfIu52Zrof/UKMpqXvl5CXN/N2Pt789vXtG97Oz907pw6qYEBRwA1esOJIYD9o12V/XEgi5LaQ+1S2k1LfgGjvFeM77ZYexWKG9ZEDcp5DD5cKINoR87E7i4ZcFrpPyC/UbldYT6VZASCTeMIyumSbxY2EhZ+RP5y3Fn/nXVxPeo7H34ggrhePEvlr4dO2x25XTGUN+sKLXKpYsPA2esJ5Hz9cmCPgKs+3OGSP15tC3x228zN0sf64Mg77XPbxnO/FaQEBD98jkTr3KCG8QW5XSpceoYyeC8Knvb4eoMLDqgfUnrK9UrKjlI+siHFdZEcVJ+ZYidYU/uC8omUeTHTWt5e80rowFvwdrwZsvDL+qMXDtfl0OFidT9tN5Q+3keupZkzptOhGaFEtuqcGz2S/8ez9uwsPiIWABCrySB+MwTitaJ+BNdgDEc6g27QfgwmYBD9MQYCv196/Bt/hNtkn5+kWNdfYbz4/DpOaHwJaUAtFpyH8KWw0dlTY7emj/CRbdAV+wTtyiw6X92TNf3RcgSktCNPRsHYtfh1m3s9EZw9ntRveSDxyEFEq7Lv0la1AkjynH+Ez6YchMk4LsEXe0G/wQ7oHvnbju4lAIBAIBAKBQCAQiNaBtZ5AHfUEt6Oe0NGgnqDASeo13pJp7ToNddRpQqP8SdWxkp2m9O+/98fNFvNH9fsiZ5290X2R12dyDtF+cN4XTQj5YdhuV1hniTTbgDR7ZVwXQZYVEyup3Gq+zEeO0DHnlfdFsl6/fLm+veR5csQ+X9Qv3tIRO4+jl9rj/BrFRbfl94nHRR7/+ghvqx0P50bBEjdN7Da5P6rHRSdPnLyXuzwYsY/3jOWe6rQ37x3/0z6M+4A+PYtwlfZ0Rj8rN7xmG/l8jkHxZR5YKlfIJjIMYJVxiUAgEAgE4rTndfL/CGiVvK6jbl63JPK6sy2V1zX6jo0H8Du2ncG/J0n5/ENX0ScnwW9nUFXcqC8AAA==",
  "float32, newest format, chunked":
    "H4sIAAAAAAACA+2Zz08TQRTH38wu7bJWbKFplWCoiSEcueDBlF9SoQcjwsF4kGCJg5ZCW7s1opIIBxM0HDh6UOFgjCQe0BgxhpAmhmCIMcR4MepJ/4DeTDyIb7szdFurxKqHmvkk37zsm9k3M293ZzqdG+FQz269Xlc0DQRbnDMHrOsW7n9nzKz3hUMDNNCqOWN2TdBa+40CnQIBcHgAjcNIRmPMeMFjcedYZJiNGfcV7nSbzio2kU5FVqt4zXr4BZ/7r06U0yWroXR0nBknSUHjF+PRtDFMoXDov8HsF99irksECPECUEKIGIuwSgOQfWixSfAEGkHNeQPg18B/zayHvVQUDXOkUgxA3Yoe5zmCRagclFDv6R1z4c3nwpSVenepHNwUOXgElUf10sONnq5wCEDTxThc/AtbTrdqxWWHeNm946+yO+bQBeSH3OkafgEqgb1WHV105BlULGsu390/yYX+H+VicPVTppypr9ac5pxGkkViLPVY5ZPfHtOrxthlo9/BXV7TVT3O0pGhaHwkMejkDft/2qXD07eWix8PbwCEVTQgdcS6tj8aL380bhFsBSqao02bnvIXy3MsfpalcEWw6P47s/HX6OtiX2933zFiyztfDPOPwSIIMIXKBMXCmP+10AqjMA9i1moouM28B9oAOlFTqAVUps3+OtRs1x2Ft9BOHpBaOknzX3NzQbxM0Io1x+NkUe52rIXqRJ1q5y8veLfvmceoH8kkHYJvcIcEaWPOK17mzoL4Ad5HM24A44VRSdQsagH1BPUS9QGVRdEOnMNRvg6Rj0B+vseRDMF5coGuwjp+DftJEzVgklynb+C9SDPM1IBEIpFIJBKJRCKRSCT/HHPfXoe7YSW399+F+3IVrrBUIhFnkL6UABaNG+ORMQYwwkyr2jb/ROyjtXws3XZdVaI9t63cWaLcHp8WxVeL4jt2iK/JxyuRSCQSSUmKj2vE//vCiuMac621H9cc5Mc1LhGowo9rbq9tsZ6u0BEAcdDewkd4gtskt81PpzesmuI4eo6XLHG7ye1zz8DKd/LU7eZgIQAA",
  "float64, without extra":
    "H4sIAAAAAAACA+1ZQWsTURCeeZtttyuVVHuoFTEgFI89tCAibsRGcxAb1IO3aqHQ1CqVrbccchHircdepD30kKOIB09FRLGlIChFkKJEf4UnY17ezGb3ma3SHix2Pggf83bevOy8b2cfs0+KE1f6/WEfNDwPMpCFOJqE82eSNl+/Q4zENeK64nFsXxui8QGKb/vdulEoaO+mBV6n4Rr2QHAYUSxcKmm+TTbraUMl/cKF8r2ZEGD+7vTMfNjRZX6P66bpt+gYe9b9O/2eI+FmZStFvzE91dyk32L5vpYvPHpQXgxh//q9eX1yAkFFuhs9ubs/19eck6zrtt4PGxBckwtk2+wgohngtDA7kGu7nqBnfiAXUG7zMHYExpoO+3ttP6VMZI/iOrhk3slQsv5J9UDkg3XFejnbu7s/66/aJ7Vgf7oaSuhK/1Qsw+l6agx311PtQOUjo896fqf29MZs/cj4MdtN0Rlf13OvXp68hjEBcj3LdV29GhheIl4OFNjnznGYgxVw+L3eNQ7PXyWuEz8jfkH8MsjQjKPR3DnYhotYx2Oqojr3WOq6zrIV/3kU1/A68Wvit8QbxFtBD0UajGKutFb/ghU1BT/hKV5Qp6NcplefNeu+eN03xJvE7w1XP5C9TfYnsj+TvUP2V8P5Bo1/M/zqe+D9to99rYxNwSw+VOvwDgfhFI6oECr4WH2EHd52+NEvNUcgEAgEAoFAIBAI/kfE+wnK6idkrH5Czx/6CR7spV+Tbbum92mU1acZpS9tvt1TkM0UCAQCgeAfQff9j7dOEQ78AgGBmeI6IwAA",
} as const;
export const unpack = (golden: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(golden, "base64")));

/*
 * The same for whole sets: `main` has three samples of 2, 3 and 4 spikes with labels 3, 0, 1 and speakers 0, 4, 11, keys
 * zero, one, two, eins; `held` one sample with label 2, speaker 5 and the same keys; `other` one with label 1, speaker 5 and
 * keys zero, one. Times and units as above.
 */
export const PARTS = {
  main: "H4sIAAAAAAACA+1ZPU8bQRCd3bsz5hJkozTGAnEJKEJRijRIrhAomLiIIEpSUMaRVsKY2MjniI/KpdNR0tHmZ1BSpkgbKT+BKhUSYb1zd7sL5wRIkIF5kjWeuadZ79y78Wn2S2VxacQv+iCRzYILedBxing4ZfrR9Q9oGdou2q88irPetQLGRzG/zXv/tlyW7FML0To/PWWzQLiPqJQX3ki7in6A9oibvHCzVhchwEb1o9g4s2K73apq+ixdct00/VYc5a95f6ffEgo3T7eS9KvpqeuZvHbtk5QvfG7U2qGm2/krrvtueWWRgROvl58w+3UJ/dVJU5/Hxf55oz4cOGY++7m4K2DgqT2yyFcVZUwFcNuaDXrUMazpaJADjhX2PfBzyPPOKil5nKvMWczrsD31nwwvrF/SGYh6KF3xWAczQ/35ka46w9QLrqergqEr+eFahdP1dFi8WE/dgaqH3Muhn/QUR/Pld1fzZYt59XLlNdMEFvUhN0kZQFwjPT5r1DWT8KdhJuEl8XX4jmta76FP4VnneeZc/ADm2A8WvyfnSOsEAoFAIBAIBAKBQCD8i3kBt+YFrjUvyMBV5i35HjV9zsKtOcvxk3MThR72BrJ+/78ev25ZPS4+77Hn5H867/mGPDqvvJ9IO+/ZnjR54aao1kUL6mIn1B7Da5738HjeXnjcnx/rc5zu2WX6YjQfduO+qPrfI6Zi6f3wBPuhfRK8T0W/ATh4S114ALui1Ww2BLS3miBqjfA370eqJwwjAAA=",
  held: "H4sIAAAAAAACA+2ZvU4CQRDHZ/e4eF5igNggmnCh8gVMKDGCUhgxamEpJptIQCAcxo+KEjtKS0pLYnwACgtLS0sfww45bhd2LxwKRoMyv4TM7TK3w879b0JmbzOp7SUzaoKDYUAAQiDT5TzF1bH4/oRbwm2D23sq5kn/uwifD/P1vX5HB+m04931IOK86a41AJlHMunNfcce87HF7TNV/exKvsBsgGLulBV7ll3VqjlJn4kJ4/rpN6O54zP9a/pNcOGG8FGifiU9NXTVr5Y/d+QLF6V8zZZ0m5wy7uFeNkVAG8R7WVPr9TsfR2KqPtvR8euKOmxp6nre9+K/QEB390jE2M0oIUTZv7Bar0I51ys8p2ErCJRn2NTBDHI/vZdJx49S91aDr6uRpjm6YtRnIh+uruhAB+sL4/3FLuqLWAu+p6uIoivnQ6UM++upFR2tp8ZM5cPZS8sc7nlnK7tLpJ8t8hAY3mLBIAfy/IaybieIWkMQBEEQBEEQBEGQWUXuB1CYpl8S6l/790mop0/Sjg+jyTRnMj8/n4+HP5aP0ec13j73Z+c1Te6H543zid95TSKm+tkVliuwKhTYtS2/Z8kp44q+uujSvlrj/YU+O6v4zCapi6JPHBjURbf+LRN3zr8ePvJ66O2j32HSf+X/gA43rFoulxjULsvA8iX7A7vh/kzEIgAA",
  other:
    "H4sIAAAAAAACA+2ZMU/CQBTH311pxCYGiAuiCQ2TX8CEESMogxGjDo5icokEBEIxUSdH3BgdGR2JcXRgdHR09GO4IaV3cNe0KBhNlfdLyOtdX+9xr/++4d1tPru9ZCQMsAmHIQRRkOlznlLqWNw/4ZZw2+L2nop5MrwX5/Mxvr7b7+ggl7O9+y5EnDfdsWFA5pF8bnPftsd8bHL7TFU/q14qMwugUjxllYFll81GUdJnesq4fvrNa874TP+aftNcuFF8lahfSU8tXfVrls5t+cJFtdS0JN1mZox7uFfIEtBG8V7W1Hr9zsfxpKrPbmLyuqIOm5q6nvu7+C8Q0J09EjF2MkoIUfYvrDaoUPb1Cs9pzIwA5Rk2dDAi3E8fZNL2o9R5NMzX1Ujb8K4YN4HIh6MrOtLB+sJkf7GLm0WsBd/TVVzRlf2jUob99dRJeOupFah82HvpGOM972wVdon0t0UeQuNHTBjlQJ7fUNbtRVBrCIIgCIIgCIIgCBJU5H4AhVn6JdHhtX+fhLr6JN3UOJpMO5D5+fl8PPyxfHif17j73J+d17S5H543zid+5zXppOpn1VmxzBpQZleW/J1lZowr+uqiS/tqTvYX+uyt4jubpi5SUKuaxuvfMnF6yP718DHlXRnuMOm/9F6vWaNWqzL4AP9MDIK8IgAA",
} as const;
