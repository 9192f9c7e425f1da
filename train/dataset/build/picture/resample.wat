;; Separable convolution of an RGB picture; see resample.ts. After a change run
;; `npx -p wabt wat2wasm train/dataset/build/picture/resample.wat -o train/dataset/build/picture/resample.wasm`
;; and put its base 64 into resample_binary.ts; a test compares the three.
(module
  (memory (export "memory") 1)
  (func (export "resample")
    (param $source i32)   ;; the part's first pixel
    (param $stride i32)   ;; bytes from a row to the next
    (param $length i32)   ;; bytes of a row of the part
    (param $down i32)     ;; a row of the output: i32 first source row · stride, $taps_down i16 of 1/16384
    (param $taps_down i32) ;; even
    (param $across i32)   ;; a column of the output: i32 first source column · 6, $taps_across i16 of 1/16384
    (param $taps_across i32) ;; even
    (param $row i32)      ;; one row of the part's width in i16, in 1/16
    (param $out i32)      ;; $height rows of $width pixels
    (param $width i32)
    (param $height i32)
    (param $step i32)     ;; bytes of an output pixel: 3, or 4 where the caller writes the fourth
    (local $x i32) (local $p i32) (local $w i32) (local $end i32)
    (local $a v128) (local $b v128) (local $weights v128) (local $pairs v128) (local $low v128) (local $high v128)
    (local.set $pairs (v128.const i8x16 0 1 6 7 2 3 8 9 4 5 10 11 6 7 12 13))
    (loop $rows
      (local.set $x (i32.const 0))
      (loop $columns
        (local.set $p (i32.add (local.get $x) (i32.add (local.get $source) (i32.load (local.get $down)))))
        (local.set $w (i32.add (local.get $down) (i32.const 4)))
        (local.set $end (i32.add (local.get $w) (i32.shl (local.get $taps_down) (i32.const 1))))
        (local.set $low (v128.const i32x4 512 512 512 512))
        (local.set $high (v128.const i32x4 512 512 512 512))
        (loop $taps
          (local.set $a (v128.load8x8_u (local.get $p)))
          (local.set $p (i32.add (local.get $p) (local.get $stride)))
          (local.set $b (v128.load8x8_u (local.get $p)))
          (local.set $p (i32.add (local.get $p) (local.get $stride)))
          (local.set $weights (v128.load32_splat (local.get $w)))
          (local.set $low (i32x4.add (local.get $low)
            (i32x4.dot_i16x8_s (local.get $weights)
              (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $a) (local.get $b)))))
          (local.set $high (i32x4.add (local.get $high)
            (i32x4.dot_i16x8_s (local.get $weights)
              (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $a) (local.get $b)))))
          (local.set $w (i32.add (local.get $w) (i32.const 4)))
          (br_if $taps (i32.lt_u (local.get $w) (local.get $end))))
        (v128.store (i32.add (local.get $row) (i32.shl (local.get $x) (i32.const 1)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $low) (i32.const 10))
            (i32x4.shr_s (local.get $high) (i32.const 10))))
        (local.set $x (i32.add (local.get $x) (i32.const 8)))
        (br_if $columns (i32.lt_u (local.get $x) (local.get $length))))
      (local.set $down (local.get $end))
      (local.set $w (local.get $across))
      (local.set $x (i32.const 0))
      (loop $pixels
        (local.set $p (i32.add (local.get $row) (i32.load (local.get $w))))
        (local.set $w (i32.add (local.get $w) (i32.const 4)))
        (local.set $end (i32.add (local.get $w) (i32.shl (local.get $taps_across) (i32.const 1))))
        (local.set $low (v128.const i32x4 131072 131072 131072 131072))
        (loop $taps
          (local.set $a (v128.load (local.get $p)))
          (local.set $low (i32x4.add (local.get $low)
            (i32x4.dot_i16x8_s (v128.load32_splat (local.get $w))
              (i8x16.swizzle (local.get $a) (local.get $pairs)))))
          (local.set $p (i32.add (local.get $p) (i32.const 12)))
          (local.set $w (i32.add (local.get $w) (i32.const 4)))
          (br_if $taps (i32.lt_u (local.get $w) (local.get $end))))
        (local.set $a (i32x4.shr_s (local.get $low) (i32.const 18)))
        (local.set $a (i16x8.narrow_i32x4_s (local.get $a) (local.get $a)))
        (v128.store32_lane 0 (local.get $out) (i8x16.narrow_i16x8_u (local.get $a) (local.get $a)))
        (local.set $out (i32.add (local.get $out) (local.get $step)))
        (local.set $x (i32.add (local.get $x) (i32.const 1)))
        (br_if $pixels (i32.lt_u (local.get $x) (local.get $width))))
      (local.set $height (i32.sub (local.get $height) (i32.const 1)))
      (br_if $rows (local.get $height)))))
