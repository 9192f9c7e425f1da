;; Bicubic enlargement of a square RGB picture; see enlarge.ts. Rebuild with
;; `npx -p wabt wat2wasm train/dataset/enlarge.wat -o train/dataset/enlarge.wasm`.
(module
  (memory (export "memory") 1)
  (func (export "enlarge")
    (param $source i32)   ;; side · side · 3 bytes, and 16 to spare
    (param $side i32)
    (param $size i32)
    (param $taps i32)     ;; size · 4 i32: which source pixels an output pixel is made of
    (param $weights i32)  ;; size · 4 i16: their weights in 1/4096
    (param $row i32)      ;; side · 3 i16, and 16 to spare: one row, in 1/16
    (param $out i32)      ;; size · size · 3 bytes, and 16 to spare
    (local $stride i32) (local $x i32) (local $y i32) (local $t i32) (local $w i32)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $w01 v128) (local $w23 v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $stride (i32.mul (local.get $side) (i32.const 3)))
    (loop $rows
      (local.set $t (i32.add (local.get $taps) (i32.shl (local.get $y) (i32.const 4))))
      (local.set $w (i32.add (local.get $weights) (i32.shl (local.get $y) (i32.const 3))))
      (local.set $p0 (i32.add (local.get $source) (i32.mul (local.get $stride) (i32.load (local.get $t)))))
      (local.set $p1 (i32.add (local.get $source) (i32.mul (local.get $stride) (i32.load offset=4 (local.get $t)))))
      (local.set $p2 (i32.add (local.get $source) (i32.mul (local.get $stride) (i32.load offset=8 (local.get $t)))))
      (local.set $p3 (i32.add (local.get $source) (i32.mul (local.get $stride) (i32.load offset=12 (local.get $t)))))
      (local.set $w01 (v128.load32_splat (local.get $w)))
      (local.set $w23 (v128.load32_splat offset=4 (local.get $w)))
      (local.set $x (i32.const 0))
      (loop $down
        (local.set $a (v128.load8x8_u (i32.add (local.get $p0) (local.get $x))))
        (local.set $b (v128.load8x8_u (i32.add (local.get $p1) (local.get $x))))
        (local.set $c (v128.load8x8_u (i32.add (local.get $p2) (local.get $x))))
        (local.set $d (v128.load8x8_u (i32.add (local.get $p3) (local.get $x))))
        (v128.store (i32.add (local.get $row) (i32.shl (local.get $x) (i32.const 1)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s
              (i32x4.add (v128.const i32x4 128 128 128 128)
                (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $w01)
                    (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $a) (local.get $b)))
                  (i32x4.dot_i16x8_s (local.get $w23)
                    (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $c) (local.get $d)))))
              (i32.const 8))
            (i32x4.shr_s
              (i32x4.add (v128.const i32x4 128 128 128 128)
                (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $w01)
                    (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $a) (local.get $b)))
                  (i32x4.dot_i16x8_s (local.get $w23)
                    (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $c) (local.get $d)))))
              (i32.const 8))))
        (local.set $x (i32.add (local.get $x) (i32.const 8)))
        (br_if $down (i32.lt_s (local.get $x) (local.get $stride))))
      (local.set $t (local.get $taps))
      (local.set $w (local.get $weights))
      (local.set $x (i32.const 0))
      (loop $across
        (local.set $a (v128.load64_zero (i32.add (local.get $row) (i32.mul (i32.const 6) (i32.load (local.get $t))))))
        (local.set $b (v128.load64_zero (i32.add (local.get $row) (i32.mul (i32.const 6) (i32.load offset=4 (local.get $t))))))
        (local.set $c (v128.load64_zero (i32.add (local.get $row) (i32.mul (i32.const 6) (i32.load offset=8 (local.get $t))))))
        (local.set $d (v128.load64_zero (i32.add (local.get $row) (i32.mul (i32.const 6) (i32.load offset=12 (local.get $t))))))
        (local.set $a
          (i32x4.shr_s
            (i32x4.add (v128.const i32x4 32768 32768 32768 32768)
              (i32x4.add
                (i32x4.dot_i16x8_s (v128.load32_splat (local.get $w))
                  (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $a) (local.get $b)))
                (i32x4.dot_i16x8_s (v128.load32_splat offset=4 (local.get $w))
                  (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $c) (local.get $d)))))
            (i32.const 16)))
        (local.set $a (i16x8.narrow_i32x4_s (local.get $a) (local.get $a)))
        (v128.store32_lane 0 (local.get $out) (i8x16.narrow_i16x8_u (local.get $a) (local.get $a)))
        (local.set $out (i32.add (local.get $out) (i32.const 3)))
        (local.set $t (i32.add (local.get $t) (i32.const 16)))
        (local.set $w (i32.add (local.get $w) (i32.const 8)))
        (local.set $x (i32.add (local.get $x) (i32.const 1)))
        (br_if $across (i32.lt_s (local.get $x) (local.get $size))))
      (local.set $y (i32.add (local.get $y) (i32.const 1)))
      (br_if $rows (i32.lt_s (local.get $y) (local.get $size))))))
